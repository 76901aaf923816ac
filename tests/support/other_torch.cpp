// Stands where a LibTorch lies, and is none.
extern "C" int depthmill_no_torch() { return 0; }
