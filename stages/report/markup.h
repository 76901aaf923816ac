// Text into other languages: HTML, Markdown, LaTeX, JSON, and bytes into data URIs.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace depthmill::report {

// For element content and double-quoted attributes.
std::string html_text(std::string_view text);

// For running text, headings and cells; line breaks become spaces.
std::string markdown_text(std::string_view text);

// For running text; line breaks become spaces.
std::string latex_text(std::string_view text);

// With its quotes.
std::string json_text(std::string_view text);

// A JSON number with every digit; null for NaN, "inf" and "-inf" as strings, since JSON has no number for
// them.
std::string json_number(double value);

// data:<type>;base64,...
std::string data_uri(std::string_view type, std::span<const unsigned char> bytes);

}  // namespace depthmill::report
