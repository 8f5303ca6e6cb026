// SPDX-License-Identifier: Apache-2.0
#include "runexp/picture_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

bool convert(const std::string& svg_file,
             const std::string& file,
             const std::string& format,
             double zoom) {
  const std::string format_option = "--format=" + format,
                    zoom_option = fmt::format("--zoom={}", zoom);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("SOURCE_DATE_EPOCH", "0", 1);  // else a PDF holds the time at which it was made
    ::execlp("rsvg-convert",
             "rsvg-convert",
             "--unlimited",  // pictures inside a drawing may be large
             format_option.c_str(),
             zoom_option.c_str(),
             "--output",
             file.c_str(),
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
  extension_ = fs::path(path_).extension().string();
  if (extension_ != ".svg" && extension_ != ".pdf" && extension_ != ".png")
    throw UserError(fmt::format("'{}' must end in .svg, .pdf or .png", path_));
}

void PictureFile::write(const std::string& svg, double dots_per_inch) const {
  if (extension_ == ".svg") return write_file_atomically(path_, svg);
  const std::string svg_file = path_ + ".svg";
  write_file_atomically(svg_file, svg);
  const bool converted =
      convert(svg_file, path_, extension_.substr(1), extension_ == ".png" ? dots_per_inch / 96 : 1);
  fs::remove(svg_file);
  if (!converted)
    throw UserError(
        fmt::format("rsvg-convert cannot make '{}'; is it installed (Debian: librsvg2-bin)? A name "
                    "that ends in .svg needs no converter",
                    path_));
}

}  // namespace monodr
