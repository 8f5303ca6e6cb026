// SPDX-License-Identifier: Apache-2.0
#include "report/png.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "base/random.h"

namespace monodr {
namespace {

RgbPicture noise(int width, int height, unsigned seed) {
  Random random(seed);
  RgbPicture picture{width, height, {}};
  for (int i = 0; i < 3 * width * height; ++i)
    picture.pixels.push_back(static_cast<unsigned char>(random.bits() & (i % 7 ? 0x1f : 0xff)));
  return picture;
}

TEST(Png, ComesBackFromItsOwnWriter) {
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 3}, {64, 48}}) {
    const RgbPicture picture = noise(width, height, 1);
    const RgbPicture back = decode_png(encode_png(picture), "x.png");
    EXPECT_EQ(back.width, width);
    EXPECT_EQ(back.height, height);
    EXPECT_EQ(back.pixels, picture.pixels);
  }
}

TEST(Png, AgreesWithOpenCvBothWays) {
  const RgbPicture picture = noise(61, 37, 2);
  cv::Mat image(picture.height, picture.width, CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const unsigned char* p = &picture.pixels[3 * static_cast<size_t>(y * image.cols + x)];
      image.at<cv::Vec3b>(y, x) = {p[2], p[1], p[0]};
    }
  std::vector<unsigned char> bytes;
  cv::imencode(".png", image, bytes);
  EXPECT_EQ(decode_png({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "x").pixels,
            picture.pixels);
  const std::string written = encode_png(picture);
  const cv::Mat back = cv::imdecode(std::vector<char>(written.begin(), written.end()), -1);
  ASSERT_EQ(back.size(), image.size());
  EXPECT_EQ(cv::norm(back, image, cv::NORM_INF), 0);
}

TEST(Png, DamagedFilesAreRefusedByName) {
  const std::string whole = encode_png(noise(20, 20, 3));
  for (size_t length = 0; length + 12 < whole.size(); length += 13)
    EXPECT_THROW(decode_png(whole.substr(0, length), "a.png"), UserError) << length;
  std::string wrong = whole;
  wrong[whole.size() / 2] ^= 0x55;
  EXPECT_THROW(decode_png(wrong, "a.png"), UserError);
  try {
    decode_png("no picture", "b.png");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("b.png"), std::string::npos);
  }
}

TEST(Png, CropsAreClippedToThePicture) {
  const RgbPicture picture = noise(10, 8, 4);
  const RgbPicture part = cropped(picture, 6, -2, 9, 5);
  EXPECT_EQ(part.width, 4);
  EXPECT_EQ(part.height, 3);
  ASSERT_EQ(part.pixels.size(), 36U);
  EXPECT_EQ(part.pixels[0], picture.pixels[18]);
  EXPECT_EQ(part.pixels[12], picture.pixels[30 + 18]);
  EXPECT_EQ(cropped(picture, 20, 20, 5, 5).pixels.size(), 0U);
}

TEST(Base64, PublishedExamples) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

// A picture keeps its mean, its corners and, where it is of one colour, each pixel.
TEST(Png, ResampledPicturesKeepWhatTheyShow) {
  const RgbPicture plain{7, 5, std::vector<unsigned char>(105, 200)};
  for (const size_t size : {3U, 7U, 50U}) {
    const RgbPicture other = resampled(plain, static_cast<int>(size), static_cast<int>(size));
    EXPECT_EQ(other.pixels, std::vector<unsigned char>(3 * size * size, 200));
  }
  RgbPicture halves{40, 10, {}};  // dark at the left, light at the right
  for (int i = 0; i < 400; ++i)
    for (int channel = 0; channel < 3; ++channel) halves.pixels.push_back(i % 40 < 20 ? 10 : 250);
  for (const int width : {8, 40, 160}) {
    const RgbPicture other = resampled(halves, width, width / 4);
    double sum = 0;
    for (const unsigned char value : other.pixels) sum += value;
    EXPECT_NEAR(sum / static_cast<double>(other.pixels.size()), 130, 1) << width;
    EXPECT_EQ(other.pixels.front(), 10);
    EXPECT_EQ(other.pixels.back(), 250);
  }
  EXPECT_EQ(resampled(halves, 40, 10).pixels, halves.pixels);
}

}  // namespace
}  // namespace monodr
