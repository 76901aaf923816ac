// What became of every file of the inputs, one line an input: "DIR: layout folder: 12 files: 4 frames taken;
// 8 left out: 5 .webp (no format that is read), 2 masks (a_mask.png, b_mask.png), 1 without rgb (c.png)".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stages/data/layout.h"
#include "stages/data/listing.h"

namespace depthmill::data {

class Account {
 public:
  // What one request found in its input. Several requests of one input make one line. The listing's frames must
  // stay where they are until lines() is asked for.
  void add(const PlaneRequest& request, const Layout& layout, const Listing& listing);
  // "" or " (there are ...)": what lies there instead, for an input that gives nothing at all.
  std::string what_else_is_there() const;
  // A line an input; `frames` are those that were put together at last.
  std::vector<std::string> lines(const FrameList& frames) const;

 private:
  struct Input {
    std::string where;
    const Layout* layout;
    std::string planes, how;
    std::size_t files = 0, frames = 0, requests = 0;
    // file -> why each request has left it out; a source of some request has fewer reasons than there are
    // requests
    std::map<std::string, std::vector<std::string>> left_out;
    std::vector<const FrameList*> lists;  // what each request found
  };
  static std::string left_out_text(const Input& input, const std::map<std::string, std::string>& unused);
  std::vector<Input> inputs_;
};

}  // namespace depthmill::data
