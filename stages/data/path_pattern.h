// Patterns of paths, as layouts, and --layout, describe where the files of a frame lie:
//
//   {scene/}   any folders, or none: the scene          {frame}    letters but '/': the frame's name
//   {scene}    one folder or part of a name             {number}   digits: the frame's name
//   {any/}     any folders, or none, of no meaning      *          letters but '/', of no meaning
//
//   {frame=TEXT}  {scene=TEXT}    the text itself, which becomes a part of the name
//
// Everything else stands for itself. Several {frame} and {number} make one name, joined by '_' unless they
// follow one another at once; several {scene} one scene, joined by '/'. The ending of the file is no part of
// it: "{scene/}rgb_{number}" takes a/rgb_7.jpg.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace depthmill::data {

class PathPattern {
 public:
  // Throws std::invalid_argument that quotes an unknown or open brace, or says that nothing names the frame.
  explicit PathPattern(std::string_view text);

  struct Match {
    std::string scene, frame;
  };
  // `path`: below the root, with '/', without the file's ending. Of several ways to read it the one with the
  // shortest leading parts counts.
  std::optional<Match> match(std::string_view path) const;

 private:
  enum class Part { kText, kSceneFolders, kScene, kAnyFolders, kFrame, kNumber, kAny };
  struct Token {
    Part part;
    std::string text;  // that must stand there; of kText, and of {frame=TEXT} and {scene=TEXT}
  };
  bool match_from(std::size_t token, std::string_view rest, std::vector<std::string_view>& taken) const;
  std::vector<Token> tokens_;
  std::string longest_text_;  // of the texts that must stand there
};

}  // namespace depthmill::data
