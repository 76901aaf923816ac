// Text into other languages: HTML, Markdown, LaTeX, and bytes into data URIs.
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

// data:<type>;base64,...
std::string data_uri(std::string_view type, std::span<const unsigned char> bytes);

}  // namespace depthmill::report
