// SPDX-License-Identifier: Apache-2.0
#include "data/ground_plane.h"

#include <cmath>

#include "base/error.h"
#include "base/lines.h"
#include "base/text.h"

namespace monodr {

std::array<double, 4> read_ground_plane(const std::string& path) {
  constexpr double kLengthTolerance = 0.01;
  const std::string content = read_file(path);
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const auto fields = split_fields(line.text);
    if (fields[0] == "#" || fields[0] == "WIDTH" || fields[0] == "HEIGHT") continue;
    const SourceLocation where{path, line.number};
    if (fields.size() != 4)
      throw UserError(where,
                      fmt::format("{} values; a plane has four: a b c d of a x + b y + c z + d = 0",
                                  fields.size()));
    std::array<double, 4> plane{};
    for (size_t i = 0; i < 4; ++i) plane[i] = parse_number(fields[i], where, "plane");
    if (std::abs(std::hypot(plane[0], plane[1], plane[2]) - 1) > kLengthTolerance)
      throw UserError(where, "a, b, c (the plane's normal) must be of length 1");
    return plane;
  }
  throw UserError({path}, "no plane: four numbers are expected after the lines WIDTH and HEIGHT");
}

}  // namespace monodr
