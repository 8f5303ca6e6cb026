// SPDX-License-Identifier: Apache-2.0
#include "base/lines.h"

#include <gtest/gtest.h>

namespace monodr {
namespace {

std::string refusal(std::string_view content) {
  try {
    plain_text(content, "a.txt");
  } catch (const UserError& error) {
    return error.what();
  }
  ADD_FAILURE() << "taken: " << content;
  return "";
}

std::vector<std::string> texts(std::string_view content) {
  std::vector<std::string> found;
  for (const NumberedLine& line : numbered_lines(content, "a.txt"))
    found.push_back(std::to_string(line.number) + ":" + std::string(line.text));
  return found;
}

TEST(Lines, AreTheSameWithEveryEndMarkAndPadding) {
  const std::vector<std::string> expected = {"1:a b", "3:c"};
  for (const std::string end : {"\n", "\r\n", "\r"})
    for (const std::string mark : {"", "\xEF\xBB\xBF"})
      for (const std::string& last : {std::string(), end, std::string(3, '\0'), end + end})
        EXPECT_EQ(texts(mark + "a b" + end + end + " c\t" + last), expected) << end << last;
  EXPECT_TRUE(texts("").empty());
  EXPECT_TRUE(texts("\xEF\xBB\xBF").empty());
}

TEST(Lines, LeaveTheBodyBehindAHeaderAlone) {
  std::string_view line;
  Lines alone("ply\rend\r\nbody", "a.ply");
  ASSERT_TRUE(alone.next(line) && alone.next(line));
  EXPECT_EQ(alone.rest(), "\nbody") << "the LF is the body's first byte";
}

TEST(Lines, WhatIsNoTextIsRefusedByName) {
  EXPECT_NE(refusal(std::string("\xFF\xFE"
                                "1\0",
                                4))
                .find("UTF-16"),
            std::string::npos);
  EXPECT_NE(refusal(std::string("\xFE\xFF\0"
                                "1",
                                4))
                .find("UTF-16"),
            std::string::npos);
  EXPECT_NE(refusal(std::string("C\0a\0r\0", 6)).find("UTF-16"), std::string::npos);
  EXPECT_NE(refusal(std::string("\0C\0a", 4)).find("UTF-16"), std::string::npos);
  EXPECT_NE(refusal(std::string("\xFF\xFE\0\0", 4)).find("UTF-32"), std::string::npos);
  EXPECT_NE(refusal(std::string(64, '\0')).find("NUL"), std::string::npos);
  EXPECT_NE(
      refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\n").find("git lfs pull"),
      std::string::npos);
}

TEST(Numbers, AreTakenAsProgramsWriteThem) {
  const std::vector<std::pair<const char*, double>> forms = {{"+1.5", 1.5},
                                                             {"-.5", -.5},
                                                             {"1.", 1},
                                                             {"1e+005", 1e5},
                                                             {"1E-3", 1e-3},
                                                             {"-0", 0},
                                                             {"1e-400", 0},
                                                             {"007", 7}};
  for (const auto& [text, value] : forms) {
    const auto read = finite_number(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, value) << text;
  }
  for (const char* text : {"",
                           "+",
                           "+-1",
                           "--1",
                           "nan",
                           "-nan(ind)",
                           "inf",
                           "1.#QNAN",
                           "1.#INF",
                           "1e999",
                           "-1e999",
                           "1,5",
                           "1.5f",
                           "0x10",
                           "1 "}) {
    EXPECT_FALSE(finite_number(text)) << text;
  }
  EXPECT_NE(why_no_number("0,5").find("decimal comma; write a point: 0.5"), std::string::npos);
  EXPECT_EQ(why_no_number("1,2,3").find("decimal comma"), std::string::npos);
}

}  // namespace
}  // namespace monodr
