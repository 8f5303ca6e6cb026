// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include "base/text.h"

namespace monodr {

inline bool has_latex() {
  return std::system("command -v pdflatex > /dev/null && kpsewhich booktabs.sty > /dev/null") == 0;
}
constexpr const char* kNoLatex =
    "pdflatex with booktabs (texlive-latex-recommended) is not installed";

inline bool has_siunitx() {
  return std::system("kpsewhich siunitx.sty > /dev/null") == 0;
}

struct Typesetting {
  bool is_done = false;
  size_t overfull = 0;  ///< lines that are wider than the text
  std::string log;
};

/// `tables` in a paper whose text is `width` pt wide. Without siunitx (texlive-science, which brings 90 MB
/// of Greek) S columns become flush right: as wide, but for what alignment at the point adds.
inline Typesetting typeset(const std::filesystem::path& folder, double width, std::string tables) {
  std::string preamble = fmt::format(
      "\\documentclass{{article}}\n\\usepackage{{array,booktabs}}\n\\usepackage[T1]{{fontenc}}\n"
      "\\setlength{{\\textwidth}}{{{}pt}}\\setlength{{\\hfuzz}}{{0pt}}\n",
      width);
  if (has_siunitx()) {
    preamble += "\\usepackage{siunitx}\n";
  } else {
    preamble +=
        "\\newcommand{\\sisetup}[1]{}\n"
        "\\let\\plusminus\\pm\\renewcommand{\\pm}{\\ensuremath{\\plusminus}}\n";
    tables = std::regex_replace(tables, std::regex("S\\[[^\\]]*\\]"), "r");
  }
  std::ofstream(folder / "paper.tex")
      << preamble + "\\begin{document}\n" + tables + "\\end{document}\n";
  const std::string command =
      fmt::format("cd '{}' && pdflatex -interaction=nonstopmode -halt-on-error paper.tex > log",
                  folder.string());
  Typesetting result;
  result.is_done = std::system(command.c_str()) == 0;
  result.log = read_file((folder / "log").string());
  const std::string mark = "Overfull \\hbox";
  for (size_t at = 0; (at = result.log.find(mark, at)) != std::string::npos; at += mark.size())
    ++result.overfull;
  return result;
}

}  // namespace monodr
