#include "stages/io/accel_dump.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "stages/io/atomic_file.h"

namespace depthmill::io {

AccelRecord parse_accel_dump(std::span<const std::uint8_t> bytes, std::string_view label) {
  check_payload(bytes.size(), 12, label);
  const auto word = [&](std::size_t i) { return static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8); };
  AccelRecord r;
  r.x = word(0);
  r.y = word(2);
  r.z = word(4);
  r.tilt = static_cast<std::int8_t>(bytes[6]);
  std::uint32_t status = 0;
  for (std::size_t i = 0; i < 4; ++i) status |= std::uint32_t{bytes[8 + i]} << (8 * i);
  r.status = static_cast<std::int32_t>(status);
  return r;
}

std::array<std::uint8_t, 12> accel_dump_bytes(const AccelRecord& r) {
  std::array<std::uint8_t, 12> bytes{};
  const std::int16_t words[] = {r.x, r.y, r.z};
  for (std::size_t i = 0; i < 3; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(words[i]);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(words[i]) >> 8);
  }
  bytes[6] = static_cast<std::uint8_t>(r.tilt);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[8 + i] = static_cast<std::uint8_t>(static_cast<std::uint32_t>(r.status) >> (8 * i));
  return bytes;
}

Array accel_array(const AccelRecord& r) {
  const double values[] = {double(r.x), double(r.y), double(r.z), double(r.tilt)};
  Array a{{4, 1}, Element::kF64, std::vector<std::uint8_t>(sizeof values)};
  std::memcpy(a.bytes.data(), values, sizeof values);
  return a;
}

namespace {

template <class T>
T count(const std::filesystem::path& file, double value) {
  if (value != std::floor(value) || value < std::numeric_limits<T>::min() ||
      value > std::numeric_limits<T>::max())
    fail(FailureReason::kOutOfRange, file.string(), std::to_string(value) + " is no accelerometer count");
  return static_cast<T>(value);
}

}  // namespace

constinit const FileFormat kAccelDumpFormat{
    .endings = "dump",
    .reads = {PlaneKind::kAccel},
    .writes = {PlaneKind::kAccel},
    .help = "Kinect accelerometer record, 12 bytes",
    .read =
        [](const PlaneSource& source, PlaneKind, std::string_view) {
          return accel_array(parse_accel_dump(read_bytes(source.file), source.text()));
        },
    .write =
        [](const std::filesystem::path& file, const cv::Mat& m, PlaneKind, const WriteOptions&) {
          AccelRecord record;
          record.x = count<std::int16_t>(file, m.at<double>(0));
          record.y = count<std::int16_t>(file, m.at<double>(1));
          record.z = count<std::int16_t>(file, m.at<double>(2));
          record.tilt = count<std::int8_t>(file, m.at<double>(3));
          write_whole_file(file, accel_dump_bytes(record));
        },
};

}  // namespace depthmill::io
