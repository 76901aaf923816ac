// A module of engines as another build of the program would have it: the same two functions, another boundary.
extern "C" {
const char* depthmill_boundary() { return "engines 0"; }
const void* depthmill_torch_module() { return nullptr; }
}
