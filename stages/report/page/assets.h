// The page's style sheet and script, turned into text at build time so that they can be edited as what they
// are.
#pragma once

namespace depthmill::report {

extern const char* const kPageStyle;
extern const char* const kPageScript;

}  // namespace depthmill::report
