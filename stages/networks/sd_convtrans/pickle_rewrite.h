// Pickles as torch.save writes them, made readable for LibTorch, whose reader takes a collections.OrderedDict
// (what module.state_dict() returns) for None and does not know how Python stores a dictionary or a list of
// one item. No torch here.
#pragma once

#include <string>
#include <string_view>

namespace depthmill::sd_convtrans {

// The same pickle with every OrderedDict made a plain dict, the attributes a state_dict carries (_metadata)
// made an item of it, and single items stored as a run of items of one. Bytes that are no pickle, or that
// hold an opcode torch.save does not write, come back as they are: the reader behind says what is wrong with
// them.
std::string readable_for_libtorch(std::string_view pickle);

}  // namespace depthmill::sd_convtrans
