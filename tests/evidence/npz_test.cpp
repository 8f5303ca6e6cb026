// SPDX-License-Identifier: Apache-2.0
#include "evidence/npz.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>

#include "base/error.h"
#include "evidence/depth.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

template <typename Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof(Number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(Number));
  return bytes;
}

std::string npy(const std::string& type, const std::string& shape, const std::string& data) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize((header.size() + 10 + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  return "\x93NUMPY" + std::string("\1\0", 2) + bytes_of(std::uint16_t(header.size())) + header +
         data;
}

std::string deflated(const std::string& data) {
  std::string packed(data.size() + 100, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = uInt(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = uInt(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// A zip archive as NumPy writes it: the local headers leave the sizes to a 64-bit extra field.
std::string npz(const std::vector<std::pair<std::string, std::string>>& entries, bool compressed) {
  std::string archive, directory;
  for (const auto& [name, data] : entries) {
    const std::string packed = compressed ? deflated(data) : data;
    const std::uint16_t method = compressed ? 8 : 0;
    const std::uint32_t start = std::uint32_t(archive.size());
    const auto checksum =
        std::uint32_t(crc32(0, reinterpret_cast<const Bytef*>(data.data()), uInt(data.size())));
    const std::string extra = bytes_of(std::uint16_t(1)) + bytes_of(std::uint16_t(16)) +
                              bytes_of(std::uint64_t(data.size())) +
                              bytes_of(std::uint64_t(packed.size()));
    const std::string common = bytes_of(std::uint16_t(45)) + bytes_of(std::uint16_t(0)) +
                               bytes_of(method) + bytes_of(std::uint32_t(0)) + bytes_of(checksum);
    archive += "PK\3\4" + common + bytes_of(~std::uint32_t(0)) + bytes_of(~std::uint32_t(0)) +
               bytes_of(std::uint16_t(name.size())) + bytes_of(std::uint16_t(extra.size())) + name +
               extra + packed;
    directory += "PK\1\2" + bytes_of(std::uint16_t(45)) + common +
                 bytes_of(std::uint32_t(packed.size())) + bytes_of(std::uint32_t(data.size())) +
                 bytes_of(std::uint16_t(name.size())) + std::string(12, '\0') + bytes_of(start) +
                 name;
  }
  const auto count = bytes_of(std::uint16_t(entries.size()));
  return archive + directory + "PK\5\6" + std::string(4, '\0') + count + count +
         bytes_of(std::uint32_t(directory.size())) + bytes_of(std::uint32_t(archive.size())) +
         std::string(2, '\0');
}

template <typename Number>
std::string raw(const std::vector<Number>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

TEST(Npz, ReadsStoredAndDeflatedArraysOfEachType) {
  const ScratchFolder scratch;
  const std::vector<float> floats = {1, 2, 3, 4, 5, 6.5f};
  const std::vector<double> doubles(floats.begin(), floats.end());
  const std::vector<std::uint16_t> halves = {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4680};
  const std::vector<std::string> arrays = {npy("<f4", "(2, 3)", raw(floats)),
                                           npy("<f8", "(1, 2, 3)", raw(doubles)),
                                           npy("<f2", "(1, 1, 2, 3)", raw(halves))};
  for (const bool compressed : {false, true})
    for (const std::string& array : arrays) {
      const auto path = scratch.write(
          "d.npz",
          npz({{"intrinsics.npy", npy("<f4", "(3,)", "123456789012")}, {"depth.npy", array}},
              compressed));
      const Plane<float> plane = read_npz_plane(path, "depth").values;
      EXPECT_EQ(plane.width, 3);
      EXPECT_EQ(plane.height, 2);
      EXPECT_EQ(plane.values, floats);
    }
}

TEST(Npz, WholeNumbersAreReadAndSaidToBeSuch) {
  const ScratchFolder scratch;
  const auto read = [&](const std::string& array) {
    return read_npy_plane(scratch.write("d.npy", array));
  };
  const NumberPicture millimetres =
      read(npy("<u2", "(2, 3, 1)", raw<std::uint16_t>({1, 2, 3, 4, 5, 65535})));
  EXPECT_TRUE(millimetres.is_whole);
  EXPECT_EQ(millimetres.bits, 16);
  EXPECT_EQ(millimetres.values.at(2, 1), 65535);
  EXPECT_EQ(read(npy("<i4", "(1, 2)", raw<std::int32_t>({-1, 70000}))).values.at(1, 0), 70000);
  EXPECT_EQ(read(npy("<i8", "(1, 1)", raw<std::int64_t>({9000}))).values.at(0, 0), 9000);
  EXPECT_EQ(read(npy("|u1", "(1, 1)", "a")).bits, 8);
  EXPECT_FALSE(read(npy("<f4", "(1, 1)", raw<float>({2}))).is_whole);
}

TEST(Npz, IsEnlargedToTheImageWithoutMixingDepths) {
  const ScratchFolder scratch;
  const auto path = scratch.write(
      "d.npz", npz({{"depth.npy", npy("<f4", "(2, 3)", raw<float>({1, 2, 3, 4, 5, 6}))}}, true));
  const DepthMap depth = load_depth_npz(path, 7, 4);
  EXPECT_FALSE(depth.is_sparse);
  EXPECT_GT(depth.relative_deviation, 0);
  EXPECT_EQ(depth.metres.at(0, 0), 1);
  EXPECT_EQ(depth.metres.at(6, 3), 6);
  EXPECT_EQ(depth.metres.at(3, 0), 2);
  for (const float z : depth.metres.values) EXPECT_EQ(z, std::round(z));
}

TEST(Npz, BrokenArchivesNameTheFile) {
  const ScratchFolder scratch;
  const std::string good =
      npz({{"depth.npy", npy("<f4", "(2, 3)", raw<float>({1, 2, 3, 4, 5, 6}))}}, true);
  const auto message = [&](const std::string& bytes, const std::string& key = "depth") {
    const std::string path = scratch.write("d.npz", bytes);
    return message_of<UserError>([&] { read_npz_plane(path, key); });
  };
  EXPECT_EQ(message(good), "");
  expect_says(message(good, "disparity"), {"d.npz", "depth.npy"});
  EXPECT_EQ(message(npz({{"arr_0.npy", npy("<f4", "(1, 1)", "1234")}}, false)), "");
  expect_says(message(npz({{"depth.npy", npy(">f4", "(1, 1)", "1234")}}, false)),
              {"little-endian"});
  expect_says(message(npz({{"depth.npy", npy("<c8", "(1, 1)", "12345678")}}, false)), {"float"});
  expect_says(message(npz({{"depth.npy", npy("<f8", "(16000000, 16000000)", "1234")}}, false)),
              {"cut short"});
  expect_says(message(npz({{"depth.npy", npy("<f4", "(9, 9)", "1234")}}, false)), {"cut short"});
  // Whatever is cut off or flipped: an error that names the file, or the right array.
  // (The last two bytes are the length of a comment that nobody reads.)
  for (size_t size = 0; size < good.size() - 2; ++size)
    expect_says(message(good.substr(0, size)), {"d.npz"});
  for (size_t i = 0; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = char(flipped[i] ^ 0xff);
    const std::string path = scratch.write("d.npz", flipped);
    try {
      read_npz_plane(path, "depth");
    } catch (const UserError&) {
    }
  }
}

}  // namespace
}  // namespace monodr
