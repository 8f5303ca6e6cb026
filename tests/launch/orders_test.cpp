// SPDX-License-Identifier: Apache-2.0
#include "launch/orders.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace monodr {
namespace {

// Keys in an order that no sorting gives: an id hangs on the text.
const std::string config = R"({"fit":{"b":1.0,"a":[20.0]},"dataset":{"source":"kitti"}})";

// Every field is another text or number, so that one that is not carried, or goes to another, shows.
TEST(Orders, OfACellComeBackAsTheyWere) {
  CellOrder order;
  order.record = {"id",
                  "experiment",
                  "arm \"one\"",
                  3,
                  9007199254740993,
                  {{"fit.iterations", "20"}},
                  config,
                  {{"loss", "mask", "1.2.0", "hash"}},
                  "code"};
  order.plugin_folders = {"first", "second"};
  order.cache = "cache";
  order.output = "output";
  order.pictures = "pictures";
  const CellOrder read = cell_order_from_json(to_json(order));
  EXPECT_EQ(to_json(read), to_json(order));
  EXPECT_EQ(read.record.config, config);
  EXPECT_EQ(read.record.seed, order.record.seed);
  EXPECT_EQ(read.record.axes, order.record.axes);
  EXPECT_EQ(read.record.plugins.at(0).file_hash, "hash");
  EXPECT_EQ(read.record.code_hash, "code");
  EXPECT_EQ(read.plugin_folders, order.plugin_folders);
  EXPECT_EQ(read.pictures, "pictures");
}

TEST(Orders, OfAPreparationComeBackAsTheyWere) {
  const PrepareOrder order{config, {config, "{}"}, {"folder"}, "cache", "prior"};
  const PrepareOrder read = prepare_order_from_json(to_json(order));
  EXPECT_EQ(to_json(read), to_json(order));
  EXPECT_EQ(read.config, config);
  EXPECT_EQ(read.check, order.check);
  EXPECT_EQ(read.only, "prior");
}

TEST(Orders, OfASheetComeBackAsTheyWere) {
  const SheetOrder order{
      config, 5, {"folder"}, "cache", "000010", 2, 4, "landscape", 240, false, "title", "output"};
  const SheetOrder read = sheet_order_from_json(to_json(order));
  EXPECT_EQ(to_json(read), to_json(order));
  EXPECT_EQ(read.config, config);
  EXPECT_EQ(read.frame, "000010");
  EXPECT_EQ(read.drawing, "landscape");
}

TEST(Orders, WhatIsNoOrderIsRefused) {
  EXPECT_THROW(cell_order_from_json("{}"), std::exception);
  EXPECT_THROW(prepare_order_from_json("["), std::exception);
}

}  // namespace
}  // namespace monodr
