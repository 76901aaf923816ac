#include "stages/report/page/frame.h"

#include "stages/report/markup.h"
#include "stages/report/page/assets.h"

namespace depthmill::report {

std::string page_start(std::string_view title, std::string_view standfirst) {
  const std::string heading = html_text(title);
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
         heading + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n" + kPageStyle +
         "</style>\n</head>\n<body>\n<header><h1>" + heading + "</h1>\n<p class=\"quiet\">" +
         html_text(standfirst) + "</p>\n";
}

std::string page_remark(std::string_view remark) {
  return "<p class=\"remark\">" + html_text(remark) + "</p>\n";
}

std::string page_end(std::string_view footer) {
  return "</main>\n<footer>" + html_text(footer) + "</footer>\n<script>\n" + kPageScript +
         "</script>\n</body>\n</html>\n";
}

}  // namespace depthmill::report
