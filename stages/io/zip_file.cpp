#include "stages/io/zip_file.h"

#include <zip.h>

#include <stdexcept>
#include <system_error>

#include "stages/base/quote.h"
#include "stages/io/inflate.h"
#include "stages/io/ordinary_file.h"

namespace depthmill::io {
namespace {

struct CloseRecord {
  void operator()(zip_file_t* record) const { zip_fclose(record); }
};

}  // namespace

struct ZipFile::Archive {
  explicit Archive(zip_t* opened) : zip(opened) {}
  ~Archive() { zip_discard(zip); }
  zip_t* zip;
};

ZipFile::ZipFile(std::filesystem::path file) : file_(std::move(file)) {
  if (const auto refusal = refusal_of(file_)) throw std::runtime_error(file_.string() + ": " + refusal->why);
  int code = 0;
  zip_t* zip = zip_open(file_.c_str(), ZIP_RDONLY, &code);
  if (!zip) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw std::runtime_error(file_.string() + ": cannot be opened as a zip archive: " + why);
  }
  archive_ = std::make_unique<Archive>(zip);
}

ZipFile::~ZipFile() = default;

std::vector<std::string> ZipFile::names() const {
  std::vector<std::string> names;
  const zip_int64_t count = zip_get_num_entries(archive_->zip, 0);
  for (zip_int64_t i = 0; i < count; ++i)
    if (const char* name = zip_get_name(archive_->zip, static_cast<zip_uint64_t>(i), 0))
      names.emplace_back(name);
  return names;
}

std::optional<std::size_t> ZipFile::size(const std::string& name) const {
  zip_stat_t stat;
  if (zip_stat(archive_->zip, name.c_str(), 0, &stat) != 0) return std::nullopt;
  std::error_code ignored;
  const std::uint64_t whole = std::filesystem::file_size(file_, ignored);
  if (!(stat.valid & ZIP_STAT_SIZE) || stat.size / kMostOfOneByte > whole ||
      (stat.comp_method == ZIP_CM_STORE && stat.size > whole))
    throw std::runtime_error(file_.string() + ": its record " + in_quotes(name) + " claims " +
                             std::to_string(stat.size) + " bytes, more than the file can hold");
  return static_cast<std::size_t>(stat.size);
}

void ZipFile::read(const std::string& name, std::span<std::uint8_t> bytes) const {
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error(file_.string() + ": its record " + in_quotes(name) + " " + why);
  };
  const auto there = size(name);
  if (!there) refuse("is not there");
  if (*there != bytes.size())
    refuse("has " + std::to_string(*there) + " bytes where " + std::to_string(bytes.size()) +
           " are expected");
  const std::unique_ptr<zip_file_t, CloseRecord> record(zip_fopen(archive_->zip, name.c_str(), 0));
  if (!record) refuse(std::string("cannot be read: ") + zip_strerror(archive_->zip));
  // One byte more is asked for: with the end of a record libzip compares its CRC-32.
  std::size_t got = 0;
  while (got < bytes.size()) {
    const zip_int64_t n = zip_fread(record.get(), bytes.data() + got, bytes.size() - got);
    if (n < 0) refuse(std::string("is damaged: ") + zip_file_strerror(record.get()));
    if (n == 0) refuse("is cut short");
    got += static_cast<std::size_t>(n);
  }
  std::uint8_t more = 0;
  const zip_int64_t n = zip_fread(record.get(), &more, 1);
  if (n < 0) refuse(std::string("is damaged: ") + zip_file_strerror(record.get()));
  if (n > 0) refuse("is longer than the archive's directory says");
}

std::string ZipFile::read_text(const std::string& name) const {
  const auto bytes = size(name);
  if (!bytes) throw std::runtime_error(file_.string() + ": its record " + in_quotes(name) + " is not there");
  std::string text(*bytes, '\0');
  read(name, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

}  // namespace depthmill::io
