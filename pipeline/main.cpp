#include <cstdio>

#include "pipeline/version.h"

int main() {
  std::puts("depthmill " DEPTHMILL_VERSION);
  return 0;
}
