// The sums for whatever the build's baseline is.
#define DEPTHMILL_SUMS baseline
#include "metrics/pixel_sums_body.h"
