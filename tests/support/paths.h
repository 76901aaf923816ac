// Where this checkout keeps what tests read. Set by the build in one file, so that the tests' own objects do not
// depend on where the checkout lies.
#pragma once

namespace depthmill::test {

extern const char* const kTestData;  // tests/data
extern const char* const kShared;    // third-party data beside the checkout; may be absent (tests then skip)
extern const char* const kConfigs;   // configs
extern const char* const kProgram;   // the built program, for the end-to-end tests

extern const char* const kFaultShim;  // preloaded, it lets one call of the program fail (fault_shim.cpp)

extern const char* const
    kOtherEngines;  // a module of engines that belongs to another build (other_engines.cpp)
extern const char* const kOtherEnginesOnTorch;  // one that asks for a LibTorch,
extern const char* const kOtherTorch;           // and what lies where a LibTorch would (other_torch.cpp)

}  // namespace depthmill::test
