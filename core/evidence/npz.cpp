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

// The content of `name`, found through the central directory at the archive's end (the sizes in
// the local headers may be left out, and NumPy leaves them out).
std::string zip_entry(std::string_view archive, const std::string& name, const std::string& path) {
  constexpr std::string_view kEnd = "PK\x05\x06";
  const size_t end = archive.rfind(kEnd);
  if (end == std::string_view::npos)
    throw UserError(fmt::format("'{}' is cut short or not a NumPy archive (.npz)", path));
  const auto count = number_at<std::uint16_t>(archive, end + 10, path);
  size_t entry = number_at<std::uint32_t>(archive, end + 16, path);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    const auto method = number_at<std::uint16_t>(archive, entry + 10, path);
    const auto packed_size = number_at<std::uint32_t>(archive, entry + 20, path);
    const auto size = number_at<std::uint32_t>(archive, entry + 24, path);
    const auto name_length = number_at<std::uint16_t>(archive, entry + 28, path);
    const auto extra_length = number_at<std::uint16_t>(archive, entry + 30, path);
    const auto comment_length = number_at<std::uint16_t>(archive, entry + 32, path);
    const size_t local = number_at<std::uint32_t>(archive, entry + 42, path);
    names.emplace_back(slice(archive, entry + 46, name_length, path));
    entry += 46 + name_length + extra_length + comment_length;
    if (names.back() != name) continue;
    const size_t data = local + 30 + number_at<std::uint16_t>(archive, local + 26, path) +
                        number_at<std::uint16_t>(archive, local + 28, path);
    const std::string_view packed = slice(archive, data, packed_size, path);
    if (method == 0) return std::string(packed);
    if (method == 8) return inflate_raw(packed, size, path);
    throw UserError(
        fmt::format("'{}': '{}' is compressed by method {}; only stored and deflated "
                    "arrays are read (numpy.savez, numpy.savez_compressed)",
                    path,
                    name,
                    method));
  }
  throw UserError(
      fmt::format("'{}' has no array '{}'; it holds: {}", path, name, join(names, ", ")));
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

Plane<float> plane_of_npy(std::string_view npy, const std::string& path) {
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

  const size_t bytes_each = type.find("<f4") != std::string_view::npos   ? 4
                            : type.find("<f8") != std::string_view::npos ? 8
                            : type.find("<f2") != std::string_view::npos ? 2
                                                                         : 0;
  if (bytes_each == 0 || fortran || shape.size() != 2 || shape[0] == 0 || shape[1] == 0 ||
      shape[0] > 1 << 15 || shape[1] > 1 << 15)
    throw UserError(
        fmt::format("'{}': the array is {}; expected float16, float32 or float64 in C "
                    "order with shape (height, width)",
                    path,
                    header.substr(0, header.find_last_not_of(" \n") + 1)));
  Plane<float> plane{int(shape[1]), int(shape[0])};
  const std::string_view bytes = slice(npy, data, plane.values.size() * bytes_each, path);
  if (bytes_each == 4) convert<float>(bytes, plane.values);
  if (bytes_each == 8) convert<double>(bytes, plane.values);
  if (bytes_each == 2) convert<Eigen::half>(bytes, plane.values);
  return plane;
}

}  // namespace

Plane<float> read_npz_plane(const std::string& path, const std::string& key) {
  const std::string archive = read_file(path);
  return plane_of_npy(zip_entry(archive, key + ".npy", path), path);
}

Plane<float> read_npy_plane(const std::string& path) {
  return plane_of_npy(read_file(path), path);
}

}  // namespace monodr
