// SPDX-License-Identifier: Apache-2.0
#include "results/escape.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>

#include "base/utf8.h"

namespace monodr {
namespace {

/// What pdfLaTeX sets from UTF-8 with fontenc T1 and no further package, found by trying.
bool is_known_to_latex(std::uint32_t code) {
  static constexpr std::pair<std::uint32_t, std::uint32_t> ranges[] = {{0xA0, 0xAC},
                                                                       {0xAE, 0x125},
                                                                       {0x128, 0x137},
                                                                       {0x139, 0x13E},
                                                                       {0x141, 0x148},
                                                                       {0x14A, 0x165},
                                                                       {0x168, 0x17E},
                                                                       {0x218, 0x21B},
                                                                       {0x2010, 0x2016},
                                                                       {0x2018, 0x201A},
                                                                       {0x201C, 0x201E},
                                                                       {0x2020, 0x2022},
                                                                       {0x2026, 0x2026},
                                                                       {0x2030, 0x2031},
                                                                       {0x2039, 0x203A},
                                                                       {0x20AC, 0x20AC},
                                                                       {0x2122, 0x2122},
                                                                       {0x2190, 0x2193}};
  for (const auto& [low, high] : ranges)
    if (code >= low && code <= high) return true;
  return false;
}

/// Greek letters and signs that names of arms and metrics like to hold; "" where there is none.
std::string latex_symbol(std::uint32_t code) {
  static const char* const greek[] = {
      "\\alpha",  "\\beta", "\\gamma", "\\delta",    "\\varepsilon", "\\zeta", "\\eta",
      "\\theta",  "\\iota", "\\kappa", "\\lambda",   "\\mu",         "\\nu",   "\\xi",
      "o",        "\\pi",   "\\rho",   "\\varsigma", "\\sigma",      "\\tau",  "\\upsilon",
      "\\varphi", "\\chi",  "\\psi",   "\\omega"};
  static const std::map<std::uint32_t, const char*> others = {
      {0x393, "\\Gamma"},  {0x394, "\\Delta"},   {0x398, "\\Theta"},    {0x39B, "\\Lambda"},
      {0x39E, "\\Xi"},     {0x3A0, "\\Pi"},      {0x3A3, "\\Sigma"},    {0x3A6, "\\Phi"},
      {0x3A8, "\\Psi"},    {0x3A9, "\\Omega"},   {0x2202, "\\partial"}, {0x2206, "\\Delta"},
      {0x2208, "\\in"},    {0x2211, "\\sum"},    {0x2212, "-"},         {0x221A, "\\surd"},
      {0x221E, "\\infty"}, {0x2248, "\\approx"}, {0x2260, "\\neq"},     {0x2264, "\\le"},
      {0x2265, "\\ge"},    {0x22C5, "\\cdot"}};
  const char* symbol = nullptr;
  if (code >= 0x3B1 && code <= 0x3C9) symbol = greek[code - 0x3B1];
  if (const auto found = others.find(code); found != others.end()) symbol = found->second;
  return symbol == nullptr ? "" : fmt::format("\\ensuremath{{{}}}", symbol);
}

std::string latex_character(const Utf8Character& character) {
  if (is_known_to_latex(character.code)) return std::string(character.bytes);
  const std::string symbol = latex_symbol(character.code);
  if (!symbol.empty()) return symbol;
  if (character.code == 0xFFFD) return "?";
  return fmt::format("\\unicodecharacter{{{:04X}}}{{{}}}", character.code, character.bytes);
}

}  // namespace

std::string escaped_markdown(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>#|~&$").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return escaped;
}

std::string escaped_latex(const std::string& text) {
  std::string escaped;
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    at += character.bytes.size();
    if (character.code >= 0x80) {
      escaped += latex_character(character);
      continue;
    }
    const char c = static_cast<char>(character.code);
    switch (c) {
      case '\\':
        escaped += "\\textbackslash{}";
        break;
      case '~':
        escaped += "\\textasciitilde{}";
        break;
      case '^':
        escaped += "\\textasciicircum{}";
        break;
      case '<':
        escaped += "\\textless{}";
        break;
      case '>':
        escaped += "\\textgreater{}";
        break;
      case '|':
        escaped += "\\textbar{}";
        break;
      case '"':
        escaped += "\\textquotedbl{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        escaped += '\\';
        escaped += c;
        break;
      case '`':
        escaped += "\\textasciigrave{}";
        break;
      case '\'':
        escaped += "\\textquotesingle{}";
        break;
      case '-':  // two would become a dash
        escaped += escaped.empty() || escaped.back() != '-' ? "-" : "{}-";
        break;
      case '[':  // behind \\ it would begin a length
      case ']':
        escaped += std::string("{") + c + "}";
        break;
      case '\n':
      case '\r':
      case '\t':
        escaped += ' ';
        break;
      default:  // LaTeX refuses control characters
        escaped += c < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  return escaped;
}

std::string latex_definitions(const std::string& latex) {
  if (latex.find("\\unicodecharacter") == std::string::npos) return "";
  return "% pdfLaTeX has no fonts for some characters: it sets their code points, XeLaTeX and "
         "LuaLaTeX the characters.\n"
         "\\providecommand{\\unicodecharacter}[2]{\\ifdefined\\directlua#2\\else"
         "\\ifdefined\\XeTeXrevision#2\\else U+#1\\fi\\fi}\n";
}

std::string escaped_html(const std::string& text) {
  std::string escaped;
  constexpr const char* replacement = "\xEF\xBF\xBD";
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = utf8_character(text, at);
    at += character.bytes.size();
    if (character.code >= 0x80) {
      const bool forbidden = (character.code & 0xFFFE) == 0xFFFE || character.code == 0xFFFD;
      escaped += forbidden ? replacement : character.bytes;
      continue;
    }
    const char c = static_cast<char>(character.code);
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\n':
      case '\r':
      case '\t':
        escaped += c;
        break;
      default:
        if (c < 0x20 || c == 0x7f)
          escaped += replacement;
        else
          escaped += c;
    }
  }
  return escaped;
}

std::string escaped_csv(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string escaped = "\"";
  for (const char c : text) escaped += c == '"' ? std::string("\"\"") : std::string(1, c);
  return escaped + "\"";
}

}  // namespace monodr
