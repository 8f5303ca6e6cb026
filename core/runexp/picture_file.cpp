// SPDX-License-Identifier: Apache-2.0
#include "runexp/picture_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

bool convert(const std::string& svg_file, const std::string& png_file, double dots_per_inch) {
  const std::string zoom = fmt::format("--zoom={}", dots_per_inch / 96);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("rsvg-convert",
             "rsvg-convert",
             "--unlimited",  // pictures inside a drawing may be large
             zoom.c_str(),
             "--output",
             png_file.c_str(),
             svg_file.c_str(),
             nullptr);
    ::_exit(127);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return child > 0 && status == 0;
}

}  // namespace

PictureFile::PictureFile(std::string path) : path_(std::move(path)) {
  const std::string extension = fs::path(path_).extension().string();
  if (extension != ".svg" && extension != ".png")
    throw UserError(fmt::format("'{}' must end in .svg or .png", path_));
  is_png_ = extension == ".png";
}

void PictureFile::write(const std::string& svg, double dots_per_inch) const {
  const std::string svg_file = path_ + (is_png_ ? ".svg" : "");
  write_file_atomically(svg_file, svg);
  if (!is_png_) return;
  const bool converted = convert(svg_file, path_, dots_per_inch);
  fs::remove(svg_file);
  if (!converted)
    throw UserError(
        fmt::format("rsvg-convert cannot make '{}'; is it installed (Debian: librsvg2-bin)? A name "
                    "that ends in .svg needs no converter",
                    path_));
}

}  // namespace monodr
