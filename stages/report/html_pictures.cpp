#include <algorithm>
#include <map>

#include "stages/report/html.h"
#include "stages/report/markup.h"
#include "stages/report/svg_plots.h"

namespace depthmill::report {
namespace {

std::string panel_figure(const Panel& panel, const std::vector<unsigned char>& jpeg, const cv::Size& size,
                         const std::string& id) {
  return "<figure><button type=\"button\" data-title=\"" + html_text(id + ": " + panel.title) +
         "\" aria-label=\"Show larger: " + html_text(panel.title) + "\"><img loading=\"lazy\" width=\"" +
         std::to_string(size.width) + "\" height=\"" + std::to_string(size.height) + "\" alt=\"" +
         html_text(panel.alt) + "\" src=\"" + data_uri("image/jpeg", jpeg) + "\"></button><figcaption>" +
         html_text(panel.title) + "</figcaption></figure>\n";
}

std::string frame_figure(const Picture& picture) {
  const FrameView& view = picture.view;
  const std::string id = view.scene.empty() ? view.frame : view.scene + "/" + view.frame;
  std::string out = "<figure class=\"frame\"><figcaption><b>" + html_text(id) + "</b>" +
                    (view.caption.empty() ? "" : " · " + html_text(view.caption)) +
                    "</figcaption>\n<div class=\"panels\">\n";
  for (std::size_t i = 0; i < view.panels.size(); ++i)
    out += panel_figure(view.panels[i], picture.jpegs[i], view.panels[i].size, id);
  out += "</div>\n<div class=\"scales\">";
  for (const Scale& scale : view.scales) out += scale_bar(scale);
  return out + "</div></figure>\n";
}

// Pictures of a run that go on the page: the first best, worst and of a scene, then the second of each, and so on, as
// long as there is room, one at least.
std::vector<const Picture*> chosen(std::span<const Picture> pictures, std::size_t run, std::size_t room) {
  std::map<PickGroup, std::vector<const Picture*>> kinds;
  for (const Picture& picture : pictures)
    if (picture.run == run) kinds[picture.pick.group].push_back(&picture);
  std::vector<const Picture*> out;
  std::size_t used = 0, longest = 0;
  for (const auto& [kind, all] : kinds) longest = std::max(longest, all.size());
  for (std::size_t i = 0; i < longest; ++i)
    for (const auto& [kind, all] : kinds) {
      if (i >= all.size()) continue;
      std::size_t bytes = 0;
      for (const auto& jpeg : all[i]->jpegs) bytes += jpeg.size();
      if (!out.empty() && used + bytes > room) continue;
      used += bytes;
      out.push_back(all[i]);
    }
  return out;
}

}  // namespace

std::string pictures_section(std::span<const RunData> runs, std::span<const Picture> pictures) {
  if (pictures.empty()) return {};
  std::string out =
      "<section id=\"images\"><h2>Images</h2>\n<p>All depths of one frame share a colour scale, taken from "
      "the known "
      "depths; all errors of this page share one, so that a pale error map is a good one wherever it stands. "
      "Hatched "
      "gray: no value there. An arrow at a scale's end: values beyond it exist and have the end's "
      "colour.</p>\n";
  out += colour_gradients();
  constexpr std::pair<PickGroup, const char*> kGroups[] = {
      {PickGroup::kBest, "Best"}, {PickGroup::kWorst, "Worst"}, {PickGroup::kScene, "First of each scene"}};
  constexpr std::size_t kRoom = 3'500'000;  // bytes of pictures, a third less than they are in a page
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (std::none_of(pictures.begin(), pictures.end(), [&](const Picture& p) { return p.run == r; }))
      continue;
    if (runs.size() > 1) out += "<h3>" + html_text(runs[r].label) + "</h3>\n";
    const std::vector<const Picture*> on_page = chosen(pictures, r, kRoom / runs.size());
    for (const auto& [group, title] : kGroups) {
      std::string figures;
      for (const Picture* picture : on_page)
        if (picture->pick.group == group) figures += frame_figure(*picture);
      if (!figures.empty()) out += std::string("<h4>") + title + "</h4>\n" + figures;
    }
    const auto all = static_cast<std::size_t>(std::count_if(
        pictures.begin(), pictures.end(), [&](const Picture& picture) { return picture.run == r; }));
    if (on_page.size() < all)
      out += "<p class=\"quiet\">" + std::to_string(all - on_page.size()) + " more in pictures/" +
             html_text(file_name_of(runs[r].label)) + ".</p>\n";
  }
  return out +
         "<dialog aria-label=\"Larger picture\"><img alt=\"\"><p></p><button type=\"button\">Close</button>"
         "</dialog></section>\n";
}

}  // namespace depthmill::report
