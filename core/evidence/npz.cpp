// SPDX-License-Identifier: Apache-2.0
#include "evidence/npz.h"

#include <zlib.h>

#include <Eigen/Core>
#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

// Little-endian fields of the zip and npy formats; this code runs on little-endian machines only,
// like LibTorch.
template <typename Number>
Number number_at(std::string_view bytes, size_t position, const std::string& path) {
  if (position + sizeof(Number) > bytes.size())
    throw UserError(fmt::format("'{}' is cut short or not a NumPy archive; copy it again", path));
  Number value;
  std::memcpy(&value, bytes.data() + position, sizeof(Number));
  return value;
}

std::string_view slice(std::string_view bytes, size_t start, size_t size, const std::string& path) {
  if (start > bytes.size() || size > bytes.size() - start)
    throw UserError(fmt::format("'{}' is cut short; copy it again", path));
  return bytes.substr(start, size);
}

std::string inflate_raw(std::string_view packed, size_t unpacked_size, const std::string& path) {
  // No deflated data shrinks further; a damaged size must not ask for gigabytes.
  constexpr size_t kStrongestDeflate = 1040;
  if (unpacked_size / kStrongestDeflate > packed.size())
    throw UserError(fmt::format("'{}' is damaged: {} bytes cannot unpack to {}; copy it again",
                                path,
                                packed.size(),
                                unpacked_size));
  std::string unpacked(unpacked_size, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  MONODR_CHECK(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "zlib cannot start");
  const int status = inflate(&stream, Z_FINISH);
  const bool complete = status == Z_STREAM_END && stream.total_out == unpacked_size;
  inflateEnd(&stream);
  if (!complete)
    throw UserError(
        fmt::format("'{}' is damaged: an array does not decompress; copy it again", path));
  return unpacked;
}

struct ZipEntry {
  std::string name;
  int method = 0;
  size_t packed_size = 0, size = 0, local = 0;
};

// The central directory at the archive's end (the sizes in the local headers may be left out, and NumPy
// leaves them out).
std::vector<ZipEntry> zip_entries(std::string_view archive, const std::string& path) {
  constexpr std::string_view kEnd = "PK\x05\x06";
  const size_t end = archive.rfind(kEnd);
  if (end == std::string_view::npos)
    throw UserError(fmt::format("'{}' is cut short or not a NumPy archive (.npz)", path));
  const auto count = number_at<std::uint16_t>(archive, end + 10, path);
  size_t at = number_at<std::uint32_t>(archive, end + 16, path);
  std::vector<ZipEntry> entries;
  for (int i = 0; i < count; ++i) {
    const auto name_length = number_at<std::uint16_t>(archive, at + 28, path);
    const auto extra_length = number_at<std::uint16_t>(archive, at + 30, path);
    const auto comment_length = number_at<std::uint16_t>(archive, at + 32, path);
    entries.push_back({std::string(slice(archive, at + 46, name_length, path)),
                       number_at<std::uint16_t>(archive, at + 10, path),
                       number_at<std::uint32_t>(archive, at + 20, path),
                       number_at<std::uint32_t>(archive, at + 24, path),
                       number_at<std::uint32_t>(archive, at + 42, path)});
    at += 46 + name_length + extra_length + comment_length;
  }
  return entries;
}

// Of that name, or the one that was saved without a name: any other may be something else, a disparity.
std::string zip_content(std::string_view archive,
                        const std::string& name,
                        const std::string& path) {
  const std::vector<ZipEntry> entries = zip_entries(archive, path);
  const auto entry_of = [&](const std::string& wanted) {
    return std::find_if(
        entries.begin(), entries.end(), [&](const ZipEntry& e) { return e.name == wanted; });
  };
  auto entry = entry_of(name);
  if (entry == entries.end()) entry = entry_of("arr_0.npy");
  if (entry == entries.end()) {
    std::vector<std::string> names;
    for (const ZipEntry& e : entries) names.push_back(e.name);
    throw UserError(
        fmt::format("'{}' has no array '{}'; it holds: {}", path, name, join(names, ", ")));
  }
  const size_t data = entry->local + 30 +
                      number_at<std::uint16_t>(archive, entry->local + 26, path) +
                      number_at<std::uint16_t>(archive, entry->local + 28, path);
  const std::string_view packed = slice(archive, data, entry->packed_size, path);
  if (entry->method == 0) return std::string(packed);
  if (entry->method == 8) return inflate_raw(packed, entry->size, path);
  throw UserError(
      fmt::format("'{}': '{}' is compressed by method {}; only stored and deflated "
                  "arrays are read (numpy.savez, numpy.savez_compressed)",
                  path,
                  entry->name,
                  entry->method));
}

// The text behind 'key': in the header, a Python dict, up to `end`.
std::string_view header_value(std::string_view header,
                              std::string_view key,
                              char end,
                              const std::string& path) {
  const size_t start = header.find(key);
  const size_t stop = start == std::string_view::npos ? start : header.find(end, start);
  if (stop == std::string_view::npos)
    throw UserError(fmt::format("'{}': the array's header has no {}", path, key));
  return header.substr(start + key.size(), stop - start - key.size());
}

std::vector<size_t> shape_of(std::string_view text) {
  std::vector<size_t> shape;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') continue;
    size_t value = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
      value = std::min<size_t>(value * 10 + (text[i] - '0'), 1u << 30);
    shape.push_back(value);
  }
  return shape;
}

template <typename Number>
void convert(std::string_view bytes, std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
    values[i] = static_cast<float>(number);
  }
}

struct NumberType {
  std::string_view code;  ///< NumPy's
  size_t bytes;
  bool is_whole;
  void (*convert)(std::string_view bytes, std::vector<float>& values);
};

constexpr NumberType kTypes[] = {{"<f4", 4, false, convert<float>},
                                 {"<f8", 8, false, convert<double>},
                                 {"<f2", 2, false, convert<Eigen::half>},
                                 {"|u1", 1, true, convert<std::uint8_t>},
                                 {"|i1", 1, true, convert<std::int8_t>},
                                 {"<u2", 2, true, convert<std::uint16_t>},
                                 {"<i2", 2, true, convert<std::int16_t>},
                                 {"<u4", 4, true, convert<std::uint32_t>},
                                 {"<i4", 4, true, convert<std::int32_t>},
                                 {"<u8", 8, true, convert<std::uint64_t>},
                                 {"<i8", 8, true, convert<std::int64_t>}};

NumberPicture plane_of_npy(std::string_view npy, const std::string& path) {
  if (!npy.starts_with("\x93NUMPY"))
    throw UserError(fmt::format("'{}': the entry is not a NumPy array", path));
  const bool is_short = number_at<std::uint8_t>(npy, 6, path) == 1;
  const size_t length =
      is_short ? number_at<std::uint16_t>(npy, 8, path) : number_at<std::uint32_t>(npy, 8, path);
  const size_t data = (is_short ? 10 : 12) + length;
  const std::string_view header = slice(npy, data - length, length, path);
  const std::string_view type = header_value(header, "'descr':", ',', path);
  const bool fortran =
      header_value(header, "'fortran_order':", ',', path).find("True") != std::string_view::npos;
  std::vector<size_t> shape = shape_of(header_value(header, "'shape':", ')', path));
  while (shape.size() > 2 && shape.front() == 1) shape.erase(shape.begin());
  while (shape.size() > 2 && shape.back() == 1) shape.pop_back();

  constexpr size_t kLongest = size_t{1} << 24;  // of a side
  const auto number = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const NumberType& t) {
    return type.find(t.code) != std::string_view::npos;
  });
  if (number == std::end(kTypes) || fortran || shape.size() != 2 || shape[0] == 0 ||
      shape[1] == 0 || shape[0] > kLongest || shape[1] > kLongest)
    throw UserError(
        fmt::format("'{}': the array is {}; expected floats or whole numbers, little-endian, in C "
                    "order with shape (height, width)",
                    path,
                    header.substr(0, header.find_last_not_of(" \n") + 1)));
  // Before memory is taken: a damaged shape must not ask for gigabytes.
  const std::string_view bytes = slice(npy, data, shape[0] * shape[1] * number->bytes, path);
  NumberPicture picture{
      Plane<float>(int(shape[1]), int(shape[0])), int(8 * number->bytes), number->is_whole};
  number->convert(bytes, picture.values.values);
  return picture;
}

}  // namespace

NumberPicture read_npz_plane(const std::string& path, const std::string& key) {
  const std::string archive = read_file(path);
  return plane_of_npy(zip_content(archive, key + ".npy", path), path);
}

NumberPicture read_npy_plane(const std::string& path) {
  return plane_of_npy(read_file(path), path);
}

}  // namespace monodr
