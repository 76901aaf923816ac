// What is no file is refused by every reader, and what promises too much before memory is taken for it.
#include "stages/io/ordinary_file.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <opencv2/imgcodecs.hpp>

#include "stages/io/plane_file.h"
#include "stages/io/text_file.h"
#include "stages/io/zip_file.h"
#include "tests/support/test_data.h"
#include "tests/unit/io/io_test_support.h"

namespace depthmill::io {
namespace {

using ::testing::HasSubstr;

template <class Call>
std::string sentence_of(Call&& call) {
  try {
    call();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "no error";
}

// A reader that opened the pipe would wait for its writer for ever.
TEST(OrdinaryFile, EveryReaderRefusesWhatIsNoFile) {
  test::ScratchFolder scratch;
  const auto pipe = scratch / "pipe", device = scratch / "device", folder = scratch / "folder";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", device);
  std::filesystem::create_directory(folder);
  // A socket's address is short: it is made where we stand.
  const auto back = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "socket");
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const int bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(descriptor);
  std::filesystem::current_path(back);
  ASSERT_EQ(bound, 0);

  const std::pair<std::filesystem::path, std::string> cases[] = {
      {pipe, "is a pipe, not a file"},
      {device, "is a device, not a file"},
      {folder, "is a folder, not a file"},
      {scratch / "socket", "is a socket, not a file"},
      {scratch / "gone", "there is no such file"}};
  for (const auto& [what, why] : cases) {
    for (const FileFormat* format : formats()) {
      const auto file = scratch / ("link." + std::string(format->ending()));
      std::filesystem::remove(file);
      std::filesystem::create_symlink(what, file);
      PlaneSource source;
      source.file = file;
      for (const PlaneKind kind : {PlaneKind::kRgb, PlaneKind::kDepth, PlaneKind::kAccel}) {
        if (!format->reads.has(kind)) continue;
        EXPECT_THAT(sentence_of([&] { read_plane(source, kind); }),
                    HasSubstr("link." + std::string(format->ending()) + ": " + why));
      }
    }
    EXPECT_THAT(sentence_of([&] { read_text_file(what); }), HasSubstr(why));
    EXPECT_THAT(sentence_of([&] { ZipFile{what}; }), HasSubstr(why));
  }
}

TEST(OrdinaryFile, ReadsWhatLiesInsideAndNoMore) {
  test::ScratchFolder scratch;
  put_bytes(scratch / "a", bytes_of("0123456789"));
  const OrdinaryFile file(scratch / "a");
  EXPECT_EQ(file.size(), 10u);
  Bytes some(4);
  file.read(6, some);
  EXPECT_EQ(some, bytes_of("6789"));
  EXPECT_EQ(failure_of([&] { file.read(7, some); }).reason, FailureReason::kTruncated);
  EXPECT_EQ(failure_of([&] { file.read(~std::uint64_t{0}, some); }).reason, FailureReason::kTruncated);
  std::filesystem::resize_file(scratch / "a", 8);
  EXPECT_THAT(failure_of([&] { file.read(6, some); }).text, HasSubstr("a: became shorter while it was read"));
}

TEST(PixelLimit, HoldsForEveryFormat) {
  test::ScratchFolder scratch;
  const cv::Mat depth = random_mat(30, 40, CV_32FC1, 1, 1, 5), rgb = random_mat(30, 40, CV_8UC3, 1, 0, 255);
  std::vector<std::pair<std::filesystem::path, PlaneKind>> files;
  for (const FileFormat* format : formats()) {
    for (const auto& [kind, plane] : {std::pair(PlaneKind::kRgb, rgb), std::pair(PlaneKind::kDepth, depth)})
      if (format->writes.has(kind)) {
        files.emplace_back(scratch / (std::to_string(files.size()) + "." + std::string(format->ending())),
                           kind);
        write_plane(files.back().first, plane, kind);
      }
  }
  files.emplace_back(scratch / "a.jpg", PlaneKind::kRgb);
  cv::imwrite(files.back().first.string(), rgb);
  files.emplace_back(scratch / "bits.png", PlaneKind::kRgb);  // left to OpenCV
  ASSERT_TRUE(cv::imwrite(files.back().first.string(), cv::Mat(30, 40, CV_8UC1, cv::Scalar(255)),
                          {cv::IMWRITE_PNG_BILEVEL, 1}));
  files.emplace_back(scratch / "a.pgm", PlaneKind::kCodes);
  write_plane(files.back().first, cv::Mat(30, 40, CV_16UC1, cv::Scalar(7)), PlaneKind::kCodes);
  ASSERT_GE(files.size(), 10u);
  for (const auto& [file, kind] : files) {
    PlaneSource source;
    source.file = file;
    {
      const MaxPixels enough(1200);
      EXPECT_EQ(read_plane(source, kind).size(), cv::Size(40, 30)) << file;
    }
    const MaxPixels few(1199);
    const auto failure = failure_of([&] { read_plane(source, kind); });
    EXPECT_EQ(failure.reason, FailureReason::kUnreadable) << file;
    EXPECT_THAT(failure.text, HasSubstr("has 1200 pixels, more than the 1199 that are read (--max-pixels)"));
  }
}

TEST(PixelLimit, CountsRowsAndColumnsWhateverTheChannels) {
  using Shape = std::vector<std::size_t>;
  const MaxPixels few(100);
  for (const Shape& shape : {Shape{10, 10}, Shape{10, 10, 3}, Shape{3, 10, 10}, Shape{4, 10, 10},
                             Shape{1, 10, 10, 4}, Shape{1, 3, 10, 10}, Shape{100}, Shape{}})
    EXPECT_NO_THROW(checked_count(shape, "a")) << shape.size();
  for (const Shape& shape : {Shape{10, 11}, Shape{10, 11, 3}, Shape{3, 10, 11}, Shape{2, 10, 10},
                             Shape{10, 3, 10}, Shape{101}, Shape{3, 10, 10, 3}})
    EXPECT_THROW(checked_count(shape, "a"), FrameError) << shape.size();
}

}  // namespace
}  // namespace depthmill::io
