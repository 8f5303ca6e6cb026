// SPDX-License-Identifier: Apache-2.0
#include "base/json_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/random.h"

namespace monodr {
namespace {

using nlohmann::json;

/// The tree of whatever comes next, by the reader: what is compared with another reader's tree.
json tree_of(JsonReader& reader, std::string_view text) {
  switch (text.empty() ? '\0' : text.front()) {
    case '{': {
      json tree = json::object();
      for (reader.begin_object(); reader.next_member();) {
        const std::string key = reader.key();
        const std::string value(reader.skip());
        JsonReader inner(value);
        tree[key] = tree_of(inner, value);
      }
      return tree;
    }
    case '[': {
      json tree = json::array();
      for (reader.begin_array(); reader.next_element();) {
        const std::string value(reader.skip());
        JsonReader inner(value);
        tree.push_back(tree_of(inner, value));
      }
      return tree;
    }
    case '"':
      return reader.string();
    case 't':
    case 'f':
      return reader.boolean();
    case 'n':
      EXPECT_TRUE(reader.read_null());
      return nullptr;
    default:
      if (text.find_first_of(".eE") == std::string_view::npos) return reader.integer();
      return reader.number();
  }
}

std::optional<json> read(const std::string& text) {
  try {
    JsonReader reader(text);
    const std::string value(reader.skip());
    reader.end();
    JsonReader inner(value);
    return tree_of(inner, value);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

std::size_t below(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random.below(static_cast<int>(count)));
}

// A value of random shape and depth, with what texts and numbers can hold.
json random_value(Random& random, int depth) {
  static const std::vector<std::string> texts = {
      "", "plain", "quote \" slash \\ / tab \t null \0x", "\u00e9\u4e16\U0001F697", "\x1f\x7f"};
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random.chance(.5);
    case 2:
      return static_cast<std::int64_t>(random.bits() >> 32) - 2147483648LL;
    case 3:
      return std::ldexp(random.uniform(0, 4294967296.0) + 0.5, random.below(400) - 200);
    case 4:
    case 5:
      return texts[below(random, texts.size())];
    case 6: {
      json list = json::array();
      for (int i = random.below(4); i > 0; --i) list.push_back(random_value(random, depth - 1));
      return list;
    }
    default: {
      json object = json::object();
      for (int i = random.below(4); i > 0; --i)
        object[texts[below(random, texts.size())] + std::to_string(i)] =
            random_value(random, depth - 1);
      return object;
    }
  }
}

TEST(JsonReader, ReadsWhatAnotherLibraryWrites) {
  const unsigned seed = 5;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int i = 0; i < 300; ++i) {
    const json before = random_value(random, 4);
    for (const std::string& text : {before.dump(), before.dump(2), before.dump(-1, ' ', true)}) {
      const auto after = read(text);
      ASSERT_TRUE(after) << text;
      EXPECT_EQ(*after, before) << text;
    }
  }
}

// A file that was cut short, or in which a byte went wrong, must not pass for another.
TEST(JsonReader, RefusesWhatAnotherLibraryRefuses) {
  const unsigned seed = 6;
  SCOPED_TRACE(seed);
  Random random(seed);
  const std::string alphabet = "{}[]\",:\\u0eE.-+ tfn\x01\xC3\x80";
  for (int i = 0; i < 3000; ++i) {
    std::string text = random_value(random, 3).dump();
    const std::size_t at = below(random, text.size());
    if (i % 3 == 0)
      text.resize(at);
    else
      text[at] = alphabet[below(random, alphabet.size())];
    const bool is_json = json::accept(text);
    const auto read_as = read(text);
    // Numbers that JSON writes otherwise (01, 1.) are read; a number too large for a double is not.
    if (!is_json && read_as) {
      EXPECT_NE(text.find_first_of("0123456789"), std::string::npos) << text;
      continue;
    }
    if (is_json && read_as) {
      EXPECT_EQ(*read_as, json::parse(text)) << text;
    }
  }
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "[1]]",
                           "nul",
                           "tru",
                           "\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\xC3\"",
                           "\"\x01\"",
                           "-",
                           "-inf",
                           "inf",
                           "nan",
                           "0x10",
                           "1e999"})
    EXPECT_FALSE(read(text)) << text;
  EXPECT_FALSE(read(std::string(100000, '[')));
}

TEST(JsonReader, SaysWhatItExpectedWhere) {
  const std::string text = R"({"points": [1, "two"]})";
  JsonReader reader(text);
  reader.begin_object();
  ASSERT_TRUE(reader.next_member());
  EXPECT_EQ(reader.key(), "points");
  reader.begin_array();
  ASSERT_TRUE(reader.next_element());
  EXPECT_EQ(reader.integer(), 1);
  ASSERT_TRUE(reader.next_element());
  try {
    reader.number();
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "no sound JSON: a number is expected at byte 15");
  }
}

TEST(JsonReader, NamesTheMemberThatIsMissing) {
  JsonMembers members("a frame", {"frame", "objects"});
  members.note("frame");
  members.note("other");
  try {
    members.require_all();
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "a frame lacks 'objects'");
  }
}

}  // namespace
}  // namespace monodr
