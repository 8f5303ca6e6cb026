// SPDX-License-Identifier: Apache-2.0
// `runexp plugins check` with the real worker: the renderers that come with monodr pass, by name
// and by file, and one with a fault is told what it does wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runexp/program.h"
#include "shared_files.h"

namespace monodr {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string binary(const std::string& name) {
  const char* folder = std::getenv("MONODR_BINARY_DIR");
  return std::string(folder != nullptr ? folder : ".") + "/" + name;
}

Program check(const std::string& word) {
  const TemporaryFolder folder;
  Program program({binary("runexp"), "plugins", "check", word}, {}, folder.path());
  program.wait();
  return program;
}

class PassingRenderer : public testing::TestWithParam<std::string> {};

TEST_P(PassingRenderer, ByNameAndByFile) {
  for (const std::string& word : {GetParam(), binary("plugins/renderer_" + GetParam() + ".so")}) {
    const Program program = check(word);
    EXPECT_EQ(program.exit_code(), 0) << program.output() << program.errors();
    EXPECT_THAT(program.output(),
                AllOf(HasSubstr("ok    the same bits twice and on any number of threads"),
                      HasSubstr("ok    gradient of silhouette in vertices"),
                      HasSubstr("ok    a mesh behind the camera does not show"),
                      HasSubstr("ok    NaN and infinite vertices are refused"),
                      Not(HasSubstr("FAIL"))));
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         PassingRenderer,
                         testing::Values("soft_rasterizer", "neural_mesh_renderer"),
                         [](const auto& info) { return info.param; });

TEST(PluginsCheck, SaysWhatAFaultyRendererDoesWrong) {
  const Program wrong = check(binary("faulty_plugins/renderer_wrong_gradient.so"));
  EXPECT_EQ(wrong.exit_code(), 1) << wrong.output() << wrong.errors();
  EXPECT_THAT(wrong.output(),
              AllOf(HasSubstr("FAIL  gradient of silhouette in vertices against differences: "),
                    HasSubstr("ok    gradient of depth in vertices against differences"),
                    HasSubstr("ok    a batch equals its items")));
  const Program behind = check(binary("faulty_plugins/renderer_shows_behind.so"));
  EXPECT_EQ(behind.exit_code(), 1);
  EXPECT_THAT(behind.output(),
              HasSubstr("FAIL  a mesh behind the camera does not show: silhouette shows a mesh"));
}

TEST(PluginsCheck, SaysWhatIsNoPlugin) {
  const Program absent = check("renderer_that_is_not_there.so");
  EXPECT_EQ(absent.exit_code(), 2);
  EXPECT_THAT(absent.errors(), HasSubstr("there is no file 'renderer_that_is_not_there.so'"));
  const Program unknown = check("soft_rasteriser");
  EXPECT_EQ(unknown.exit_code(), 2);
  EXPECT_THAT(unknown.errors(), HasSubstr("soft_rasterizer"));
}

}  // namespace
}  // namespace monodr
