// The data elements that MATLAB v5 files are made of: numbers, and arrays of them, of cells and of structs,
// one inside the other. "MAT-File Format" (The MathWorks), tables 1-1 and 1-3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stages/io/array.h"

namespace depthmill::io {

// What a data element holds.
enum MatType : std::uint32_t {
  kMatInt8 = 1,
  kMatUint8 = 2,
  kMatInt16 = 3,
  kMatUint16 = 4,
  kMatInt32 = 5,
  kMatUint32 = 6,
  kMatSingle = 7,
  kMatDouble = 9,
  kMatInt64 = 12,
  kMatUint64 = 13,
  kMatMatrix = 14,
  kMatCompressed = 15,
};
// What an array is; those of numbers lie between the first and the last.
enum : std::uint32_t { kMatCell = 1, kMatStruct = 2, kMatFirstNumbers = 6, kMatLastNumbers = 15 };
inline constexpr Element kMatClasses[] = {Element::kF64, Element::kF32, Element::kI8,  Element::kU8,
                                          Element::kI16, Element::kU16, Element::kI32, Element::kU32,
                                          Element::kI64, Element::kU64};

std::optional<Element> element_of_mat_type(std::uint32_t type);
std::uint32_t mat_type_of_element(Element element);

// The bytes of an element in either byte order, from front to back; 0 behind the last one.
class MatReader {
 public:
  MatReader(std::span<const std::uint8_t> bytes, bool little) : bytes_(bytes), little_(little) {}

  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  std::span<const std::uint8_t> take(std::size_t n);
  std::uint32_t word();
  bool little() const { return little_; }

 private:
  std::span<const std::uint8_t> bytes_;
  bool little_;
  std::size_t at_ = 0;
};

// Type and length of a data element; up to four bytes of data lie in the tag itself.
struct MatTag {
  std::uint32_t type = 0;
  std::size_t length = 0;
  std::size_t padded = 0;  // bytes that follow the tag or its first word
};
MatTag take_mat_tag(MatReader& from);

// An array, as far as the beginning of its element tells.
struct MatArray {
  std::string name;
  std::uint32_t array_class = 0;
  bool complex = false;
  std::vector<std::size_t> shape;

  // Real, dense, and numbers.
  bool holds_numbers() const {
    return !complex && array_class >= kMatFirstNumbers && array_class <= kMatLastNumbers;
  }
  bool holds_arrays() const { return array_class == kMatCell || array_class == kMatStruct; }
  Element element() const { return kMatClasses[array_class - kMatFirstNumbers]; }
};

// Takes flags, dimensions and name from the beginning of a matrix element (behind its tag), up to the tag of
// its numbers. False when they are not what they should be.
bool take_mat_description(MatReader& from, MatArray& array);

// Are these the numbers that the array's description speaks of? `left`: bytes of the element behind their
// tag. Throws FrameError: of no type that belongs there (kUnreadable), fewer (kTruncated) or more
// (kUnreadable) than the dimensions say.
void check_mat_numbers(const MatArray& array, const MatTag& numbers, std::size_t left,
                       const std::string& label);

// Stored bytes of that type, as many as the array has numbers, as the array's own type; column-major.
Array mat_numbers(const MatArray& array, std::uint32_t stored_type, std::vector<std::uint8_t> bytes,
                  bool little);

// Numbers inside a cell or a struct.
struct MatInner {
  std::string name;  // as MATLAB writes it: "data.depth", "data(2).depth", "depths{3}"
  std::vector<std::size_t> shape;
  MatArray array;
  std::span<const std::uint8_t> element;  // of the array, from its description on
  // A cell that has one number in every place is an array of numbers. scipy writes a list of N maps so, with
  // N in front, where MATLAB has it at the end: `shape` is rows x columns x N then.
  bool of_single_numbers = false;
};

// Everything of numbers in the cell or struct whose `element` begins behind its tag, in file order. Throws
// FrameError(kUnreadable, kTruncated) when the elements do not fit into one another.
std::vector<MatInner> mat_inner_arrays(const MatArray& array, std::span<const std::uint8_t> element,
                                       bool little, const std::string& label);

// The numbers, column-major. FrameError as check_mat_numbers.
Array read_mat_inner(const MatInner& inner, bool little, const std::string& label);

}  // namespace depthmill::io
