// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

// Names are the user's and may hold anything. Each function gives text that shows the name as it
// is; in Markdown and LaTeX on one line (line breaks and tabs become blanks).

/// For a cell of a Markdown table.
std::string escaped_markdown(const std::string& text);

/// For a cell of a LaTeX table (fontenc T1), for any engine. Characters beyond Latin, Greek and
/// some signs become \unicodecharacter{code point}{character}, for which see latex_definitions.
std::string escaped_latex(const std::string& text);

/// What has to stand before LaTeX made of escaped texts: the definition of \unicodecharacter where
/// it occurs, else nothing.
std::string latex_definitions(const std::string& latex);

/// For text and quoted attributes of HTML, SVG and XML. Line breaks and tabs stay; what XML forbids
/// (other control characters) becomes U+FFFD.
std::string escaped_html(const std::string& text);

/// One field of a CSV file (RFC 4180): in quotes where it must be.
std::string escaped_csv(const std::string& text);

}  // namespace monodr
