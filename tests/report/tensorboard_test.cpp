// SPDX-License-Identifier: Apache-2.0
#include "report/tensorboard.h"

#include <gtest/gtest.h>

#include <cstring>

#include "report/event_reader.h"

namespace monodr {
namespace {

TEST(EventFile, ChecksumIsCastagnolis) {  // RFC 3720, B.4
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(EventFile, ComesBackFromAReader) {
  EventFile file(1.5e9);
  file.add_scalar("loss.total", 0, 1.25F);
  file.add_scalar("a \"quoted\"\nname", 300, -0.5F);
  const std::vector<ReadEvent> events = read_events(file.bytes());
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_EQ(events[1].wall_time, 1.5e9);
  EXPECT_EQ(events[1].tag, "loss.total");
  EXPECT_EQ(events[1].step, 0U);
  EXPECT_EQ(events[1].value, 1.25F);
  EXPECT_EQ(events[2].tag, "a \"quoted\"\nname");
  EXPECT_EQ(events[2].step, 300U);
  EXPECT_EQ(events[2].value, -0.5F);
}

}  // namespace
}  // namespace monodr
