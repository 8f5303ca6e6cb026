// SPDX-License-Identifier: Apache-2.0
#include "report/typeface.h"

#include <fmt/format.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <map>
#include <mutex>

#include "base/error.h"
#include "base/utf8.h"

namespace monodr {
namespace {

/// A closed line of a glyph: where it starts, and the rest as relative path commands.
struct Contour {
  long x = 0, y = 0;
  std::string rest;
};

struct Glyph {
  bool is_known = false;
  double advance = 0;
  std::vector<Contour> contours;
};

/// Collects the contours of one outline, as FreeType walks along it.
struct OutlineWalk {
  std::vector<Contour> contours;
  FT_Vector at{};

  void append(char command, std::initializer_list<const FT_Vector*> points) {
    std::string& rest = contours.back().rest;
    rest += command;
    bool is_first = true;
    for (const FT_Vector* p : points) {
      for (const long step : {p->x - at.x, p->y - at.y}) {
        if (!is_first && step >= 0) rest += ' ';
        rest += fmt::format("{}", step);
        is_first = false;
      }
    }
    at = **(points.end() - 1);
  }

  static int move(const FT_Vector* to, void* walk) {
    auto& self = *static_cast<OutlineWalk*>(walk);
    self.contours.push_back({to->x, to->y, ""});
    self.at = *to;
    return 0;
  }
  static int line(const FT_Vector* to, void* walk) {
    static_cast<OutlineWalk*>(walk)->append('l', {to});
    return 0;
  }
  static int conic(const FT_Vector* control, const FT_Vector* to, void* walk) {
    static_cast<OutlineWalk*>(walk)->append('q', {control, to});
    return 0;
  }
  static int cubic(const FT_Vector* first,
                   const FT_Vector* second,
                   const FT_Vector* to,
                   void* walk) {
    static_cast<OutlineWalk*>(walk)->append('c', {first, second, to});
    return 0;
  }
};

class Typeface {
 public:
  explicit Typeface(const char* file) {
    if (FT_Init_FreeType(&library_) != 0) throw UserError("FreeType does not start");
    if (FT_New_Face(library_, file, 0, &face_) != 0)
      throw UserError(
          fmt::format("cannot read '{}', with which figures are lettered; is it installed (Debian: "
                      "fonts-dejavu-core)?",
                      file));
    MONODR_CHECK(face_->units_per_EM == typeface_units, "units of '{}'", file);
  }
  ~Typeface() {
    FT_Done_Face(face_);
    FT_Done_FreeType(library_);
  }
  Typeface(const Typeface&) = delete;

  const Glyph& glyph(std::uint32_t code) {
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = glyphs_.try_emplace(code);
    if (is_new) found->second = load(code);
    return found->second;
  }

 private:
  Glyph load(std::uint32_t code) {
    const FT_UInt index = FT_Get_Char_Index(face_, code);
    if (index == 0 || FT_Load_Glyph(face_, index, FT_LOAD_NO_SCALE) != 0)
      return {false, typeface_units / typeface_narrowing, {}};
    static const FT_Outline_Funcs walkers = {
        OutlineWalk::move, OutlineWalk::line, OutlineWalk::conic, OutlineWalk::cubic, 0, 0};
    OutlineWalk walk;
    FT_Outline_Decompose(&face_->glyph->outline, &walkers, &walk);
    return {true, static_cast<double>(face_->glyph->metrics.horiAdvance), walk.contours};
  }

  FT_Library library_ = nullptr;
  FT_Face face_ = nullptr;
  std::mutex mutex_;
  std::map<std::uint32_t, Glyph> glyphs_;  // its nodes stay where they are
};

const Glyph& glyph_of(std::uint32_t code, bool bold) {
  static Typeface regular(MONODR_TYPEFACE), heavy(MONODR_BOLD_TYPEFACE);
  return (bold ? heavy : regular).glyph(code);
}

std::vector<Utf8Character> characters_of(const std::string& text) {
  std::vector<Utf8Character> characters;
  for (size_t at = 0; at < text.size(); at += characters.back().bytes.size()) {
    characters.push_back(utf8_character(text, at));
    std::uint32_t& code = characters.back().code;
    if (code == '\n' || code == '\r' || code == '\t') code = ' ';
    if (code < ' ') code = 0xFFFD;
  }
  return characters;
}

double advance_of(const Utf8Character& character, double size, bool bold) {
  return glyph_of(character.code, bold).advance * typeface_narrowing * size / typeface_units;
}

}  // namespace

OutlinedText outlined(const std::string& text, bool bold) {
  OutlinedText result;
  double pen = 0;
  for (const Utf8Character& character : characters_of(text)) {
    const Glyph& glyph = glyph_of(character.code, bold);
    for (const Contour& contour : glyph.contours)
      result.path += fmt::format(
          "M{:.0f} {}{}z", pen + static_cast<double>(contour.x), contour.y, contour.rest);
    if (!glyph.is_known)
      result.foreign.push_back({pen * typeface_narrowing, std::string(character.bytes)});
    pen += glyph.advance;
  }
  result.width = pen * typeface_narrowing;
  return result;
}

double text_width(const std::string& text, double size, bool bold) {
  double width = 0;
  for (const Utf8Character& character : characters_of(text))
    width += advance_of(character, size, bold);
  return width;
}

std::string fitted_text(const std::string& text, double width, double size, bool bold) {
  if (text_width(text, size, bold) <= width) return text;
  const std::string dots = "...";
  const double room = width - text_width(dots, size, bold);
  double used = 0;
  std::string cut;
  for (const Utf8Character& character : characters_of(text)) {
    used += advance_of(character, size, bold);
    if (used > room) break;
    cut += character.bytes;
  }
  return cut + dots;
}

std::vector<std::string> wrapped_text(const std::string& text,
                                      double width,
                                      double size,
                                      bool bold) {
  std::vector<std::string> lines(1);
  size_t place = 0;  // of the last break that the line offers: that many bytes may stay on it
  for (const Utf8Character& character : characters_of(text)) {
    const bool is_blank = character.code == ' ';
    if (is_blank && lines.back().empty()) continue;
    lines.back() += is_blank ? std::string(" ") : std::string(character.bytes);
    std::string seen = lines.back();
    if (is_blank) seen.pop_back();
    if (text_width(seen, size, bold) > width && !is_blank && seen.size() > character.bytes.size()) {
      if (place == 0) place = seen.size() - character.bytes.size();
      std::string next = lines.back().substr(place);
      lines.back().resize(place);
      if (lines.back().ends_with(' ')) lines.back().pop_back();
      lines.push_back(next);
      place = 0;
    }
    const bool is_sign =
        character.code < 128 &&
        std::string("._/,;:-").find(static_cast<char>(character.code)) != std::string::npos;
    if (is_blank || is_sign) place = lines.back().size();
  }
  if (lines.back().ends_with(' ')) lines.back().pop_back();
  if (lines.back().empty() && lines.size() > 1) lines.pop_back();
  return lines;
}

}  // namespace monodr
