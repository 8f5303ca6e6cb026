// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "shared_files.h"

namespace monodr {
namespace {

TEST(EditDistance, CountsEachSortOfSlipOnce) {
  EXPECT_EQ(edit_distance("weight", "weight"), 0);
  EXPECT_EQ(edit_distance("weight", "wight"), 1) << "left out";
  EXPECT_EQ(edit_distance("weight", "weeight"), 1) << "put in";
  EXPECT_EQ(edit_distance("weight", "waight"), 1) << "replaced";
  EXPECT_EQ(edit_distance("weight", "wieght"), 1) << "neighbours swapped";
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(DidYouMean, NamesTheNearestOrNothing) {
  const std::vector<std::string> names = {"weight", "margin", "image_size"};
  EXPECT_EQ(did_you_mean("wieght", names), "; did you mean 'weight'?");
  EXPECT_EQ(did_you_mean("imagesize", names), "; did you mean 'image_size'?");
  EXPECT_EQ(did_you_mean("rotation", names), "");
  EXPECT_EQ(did_you_mean("weight", {}), "");
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
}

TEST(Files, RoundTripBytesAndReplaceWhatWasThere) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.bin");
  const std::string bytes("\0\r\n\xff end", 8);
  write_file_atomically(path, "something longer than what follows");
  write_file_atomically(path, bytes);
  EXPECT_EQ(read_file(path), bytes);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    files += entry.exists() ? 1 : 0;
  EXPECT_EQ(files, 1) << "no part files stay behind";
}

TEST(Files, ErrorsNameTheFileAndTheReason) {
  const TemporaryFolder folder;
  const auto message_of = [](auto action) -> std::string {
    try {
      action();
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string missing = message_of([&] { read_file(folder.file("none.txt")); });
  EXPECT_NE(missing.find("none.txt"), std::string::npos) << missing;
  EXPECT_NE(missing.find("No such file"), std::string::npos) << missing;
  const std::string directory = message_of([&] { read_file(folder.path()); });
  EXPECT_NE(directory.find("folder"), std::string::npos) << directory;
  const std::string nowhere =
      message_of([&] { write_file_atomically(folder.file("no/such/place"), "x"); });
  EXPECT_NE(nowhere.find("no/such/place"), std::string::npos) << nowhere;
}

TEST(SourceLocation, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ((SourceLocation{"a.toml", 3, 7}.to_string()), "a.toml:3:7");
  EXPECT_EQ((SourceLocation{"a.toml", 3}.to_string()), "a.toml:3");
  EXPECT_EQ((SourceLocation{"a.toml"}.to_string()), "a.toml");
  EXPECT_STREQ(UserError(SourceLocation{"a.toml", 3}, "no such key").what(),
               "a.toml:3: no such key");
}

TEST(Check, SaysWhatWasExpectedAndWhere) {
  try {
    MONODR_CHECK(1 + 1 == 3, "the sum is {}", 2);
    FAIL() << "no exception";
  } catch (const CheckFailure& failure) {
    const std::string message = failure.what();
    EXPECT_NE(message.find("1 + 1 == 3"), std::string::npos) << message;
    EXPECT_NE(message.find("the sum is 2"), std::string::npos) << message;
    EXPECT_NE(message.find("text_test.cpp"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace monodr
