// A library to be preloaded: counts the calls with which a program changes files below a folder (open for writing,
// write, sync, rename, map) and lets one of them fail, or kills the program there. Told by the environment:
//   FAULT_FOLDER   calls on files below it count
//   FAULT_AT       the call that fails, from 1; 0 or absent = none
//   FAULT_HOW      an errno as a number, or "kill"
//   FAULT_COUNT    at the end the number of calls is written into this file
// It also makes other machines of this one:
//   FAULT_NO_LOCKS  file systems have no locks (flock)
//   FAULT_HOST      this machine's name
//   FAULT_LATER     seconds by which its clock goes on
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<long> g_calls{0};

template <class F>
F real(const char* name, F) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name) real(#name, &::name)

const char* folder() {
  static const char* const value = ::getenv("FAULT_FOLDER");
  return value;
}

bool below(const char* path) {
  const char* where = folder();
  return where && path && ::strncmp(path, where, ::strlen(where)) == 0;
}

bool below(int descriptor) {
  char link[64], path[4096];
  ::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t n = ::readlink(link, path, sizeof path - 1);
  if (n <= 0) return false;
  path[n] = '\0';
  return below(path);
}

// Does this call fail? errno says why.
bool fails() {
  static const char* const at = ::getenv("FAULT_AT");
  static const char* const how = ::getenv("FAULT_HOW");
  const long call = ++g_calls;
  if (!at || ::atol(at) != call) return false;
  if (how && ::strcmp(how, "kill") == 0) ::kill(::getpid(), SIGKILL);
  errno = how ? ::atoi(how) : EIO;
  return true;
}

bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

struct Count {
  ~Count() {
    const char* file = ::getenv("FAULT_COUNT");
    if (!file) return;
    if (FILE* out = REAL(fopen)(file, "w")) {
      ::fprintf(out, "%ld\n", g_calls.load());
      ::fclose(out);
    }
  }
} g_count;

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(more, int)) : 0;
  va_end(more);
  if (writes(flags) && below(path) && fails()) return -1;
  return REAL(open)(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(more, int)) : 0;
  va_end(more);
  if (writes(flags) && below(path) && fails()) return -1;
  return REAL(open64)(path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  if (::strchr("wa", mode[0]) && below(path) && fails()) return nullptr;
  return REAL(fopen)(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  if (::strchr("wa", mode[0]) && below(path) && fails()) return nullptr;
  return REAL(fopen64)(path, mode);
}
ssize_t write(int descriptor, const void* data, size_t size) {
  if (below(descriptor) && fails()) return -1;
  return REAL(write)(descriptor, data, size);
}
ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  if (below(descriptor) && fails()) return -1;
  return REAL(writev)(descriptor, parts, count);
}
size_t fwrite(const void* data, size_t size, size_t count, FILE* file) {
  if (below(::fileno(file)) && fails()) return 0;
  return REAL(fwrite)(data, size, count, file);
}
int fclose(FILE* file) {
  const bool failed = below(::fileno(file)) && fails();
  const int why = errno;
  const int result = REAL(fclose)(file);
  if (failed) errno = why;
  return failed ? EOF : result;
}
int fsync(int descriptor) {
  if (below(descriptor) && fails()) return -1;
  return REAL(fsync)(descriptor);
}
int fdatasync(int descriptor) {
  if (below(descriptor) && fails()) return -1;
  return REAL(fdatasync)(descriptor);
}
int syncfs(int descriptor) {
  if (below(descriptor) && fails()) return -1;
  return REAL(syncfs)(descriptor);
}
int rename(const char* from, const char* to) {
  if (below(to) && fails()) return -1;
  return REAL(rename)(from, to);
}
void* mmap(void* address, size_t size, int protection, int flags, int descriptor, off_t offset) {
  if (descriptor >= 0 && below(descriptor) && fails()) return MAP_FAILED;
  return REAL(mmap)(address, size, protection, flags, descriptor, offset);
}

int flock(int descriptor, int operation) {
  if (!::getenv("FAULT_NO_LOCKS")) return REAL(flock)(descriptor, operation);
  errno = ENOLCK;
  return -1;
}
int gethostname(char* name, size_t size) {
  const char* told = ::getenv("FAULT_HOST");
  if (!told) return REAL(gethostname)(name, size);
  ::snprintf(name, size, "%s", told);
  return 0;
}
time_t time(time_t* where) {
  const char* later = ::getenv("FAULT_LATER");
  const time_t now = REAL(time)(nullptr) + (later ? ::atol(later) : 0);
  if (where) *where = now;
  return now;
}
}
