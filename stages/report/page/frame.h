// What every HTML page of ours begins and ends with: one file, light and dark, nothing from the network.
#pragma once

#include <string>
#include <string_view>

namespace depthmill::report {

// From the doctype up to and with the paragraph below the heading; the header element stays open.
// Plain text, not HTML, goes in.
std::string page_start(std::string_view title, std::string_view standfirst);

// A remark paragraph for the header; plain text goes in.
std::string page_remark(std::string_view remark);

// From the end of main to the end of the page; footer is plain text.
std::string page_end(std::string_view footer);

}  // namespace depthmill::report
