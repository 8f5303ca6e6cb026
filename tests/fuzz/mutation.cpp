// SPDX-License-Identifier: Apache-2.0
#include "fuzz/mutation.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace monodr {
namespace {

const std::vector<std::string> kWords = {"nan",
                                         "-nan(ind)",
                                         "inf",
                                         "1e999",
                                         "-1e-400",
                                         "0",
                                         "-1",
                                         "1",
                                         "2147483647",
                                         "-2147483648",
                                         "4294967295",
                                         "4294967296",
                                         "9223372036854775807",
                                         "1e9",
                                         "1e18",
                                         "0.5,",
                                         "0x10",
                                         "\r\n",
                                         "\r",
                                         "\n\n",
                                         "\t",
                                         "\\\n",
                                         "#",
                                         "\"",
                                         "'",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         "[[",
                                         ",",
                                         ":",
                                         "=",
                                         "null",
                                         "true",
                                         "\xEF\xBB\xBF",
                                         "\xFF\xFE",
                                         "{name}",
                                         "*",
                                         "/",
                                         "..",
                                         " ",
                                         "f",
                                         "v",
                                         "e",
                                         "\"segmentation\":",
                                         "\"counts\":"};

size_t place(const std::string& text, Random& random) {
  return size_t(random.below(int(text.size()) + 1));
}

size_t length(const std::string& text, size_t from, Random& random) {
  const size_t left = text.size() - from;
  return random.chance(0.7) ? std::min<size_t>(left, size_t(random.below(9)))
                            : size_t(random.below(int(left) + 1));
}

/// The number that stands at or behind a place gives way to another word.
void replace_number(std::string& text, const std::string& word, Random& random) {
  constexpr const char* kDigits = "0123456789";
  const size_t from = text.find_first_of(kDigits, place(text, random));
  if (from == std::string::npos) return;
  const size_t to = text.find_first_not_of("0123456789.e", from);
  text.replace(from, to == std::string::npos ? to : to - from, word);
}

/// One, two, four or eight bytes of a binary number.
void overwrite(std::string& text, Random& random) {
  const std::uint64_t values[] = {0,
                                  1,
                                  0x7f,
                                  0x80,
                                  0xff,
                                  0x7fff,
                                  0xffff,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  0x7f800000,
                                  ~0ull,
                                  random.bits()};
  const std::uint64_t value = values[random.below(int(std::size(values)))];
  const size_t size = size_t{1} << random.below(4);
  if (text.size() < size) return;
  const size_t at = size_t(random.below(int(text.size() - size) + 1));
  std::memcpy(text.data() + at, &value, size);
  if (random.chance(0.3)) std::reverse(text.begin() + long(at), text.begin() + long(at + size));
}

void mutate(std::string& text, const std::vector<std::string>& samples, Random& random) {
  const std::string& word = kWords[size_t(random.below(int(kWords.size())))];
  const size_t from = place(text, random), size = length(text, from, random);
  switch (random.below(10)) {
    case 0:
    case 1:
      if (from < text.size()) text[from] = char(text[from] ^ (1 << random.below(8)));
      break;
    case 2:
      text.erase(from, size);
      break;
    case 3:
      text.insert(from, word);
      break;
    case 4:
    case 5:
      replace_number(text, word, random);
      break;
    case 6:
      overwrite(text, random);
      break;
    case 7:
      text.insert(place(text, random), text.substr(from, size));
      break;
    case 8:
      if (random.chance(0.3))
        text.resize(from);
      else if (from < text.size())
        text[from] = char(random.bits());
      break;
    default: {
      const std::string& other = samples[size_t(random.below(int(samples.size())))];
      const size_t start = place(other, random);
      text.replace(from, size, other.substr(start, length(other, start, random)));
    }
  }
}

}  // namespace

std::string mutated(const std::vector<std::string>& samples, Random& random) {
  std::string text = samples[size_t(random.below(int(samples.size())))];
  for (int i = random.below(4); i >= 0; --i) mutate(text, samples, random);
  return text;
}

}  // namespace monodr
