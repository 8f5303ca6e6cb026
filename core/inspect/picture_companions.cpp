// SPDX-License-Identifier: Apache-2.0
#include "inspect/picture_companions.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/folder_files.h"
#include "base/lines.h"
#include "base/text.h"
#include "data/file_pattern.h"
#include "evidence/coco.h"
#include "evidence/image.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

bool has_word(const std::string& text, std::initializer_list<const char*> words) {
  const std::string low = lower_case(text);
  return std::any_of(words.begin(), words.end(), [&](const char* word) {
    return low.find(word) != std::string::npos;
  });
}
bool says_masks(const std::string& text) {
  return has_word(text, {"mask", "seg", "instance", "sam"});
}
bool says_depth(const std::string& text) {
  return has_word(text, {"depth", "disp"});
}
bool says_drawing(const std::string& text) {
  return has_word(text, {"vis", "overlay", "preview", "colored", "coloured", "thumb"});
}

std::string ending_of(const fs::path& path) {
  return lower_case(path.extension().string());
}

/// Of a PNG, from its first bytes: whether it has colours (not a palette's).
bool is_colour_png(const fs::path& path) {
  std::array<char, 26> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  constexpr int kRgb = 2, kRgba = 6;
  return head[25] == kRgb || head[25] == kRgba;
}

/// A file beside a picture: what stands before and behind the picture's name in its own.
struct Beside {
  fs::path path;  ///< relative
  std::string stem, prefix, suffix;
};

bool is_apart(char c) {
  return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

class PictureSearch {
 public:
  explicit PictureSearch(const std::string& folder) : folder_(folder) {
    if (!fs::is_directory(folder))
      throw UserError(
          fmt::format("'{}' is no folder; name the one that holds the pictures", folder));
    for (const fs::path& file : files_below(folder))
      files_.push_back(file.lexically_relative(folder));
  }

  FolderPictures run() {
    find_pictures();
    for (const std::string& picture : found_.pictures)
      stems_.insert(fs::path(picture).stem().string());
    for (const fs::path& file : files_)
      if (!is_taken(file)) sort_in(file);
    for (const auto& [key, files] : groups_) judge(files, std::get<1>(key));
    std::stable_sort(
        found_.companions.begin(),
        found_.companions.end(),
        [](const CompanionFiles& a, const CompanionFiles& b) { return a.pictures > b.pictures; });
    return std::move(found_);
  }

 private:
  // Colour pictures whose names, from the folder on, do not say that they are something else.
  void find_pictures() {
    std::map<std::string, std::vector<std::string>> by_folder, grey;
    for (const fs::path& file : files_) {
      const std::string name = file.string();
      if (!is_picture(name) || says_masks(name) || says_depth(name) || says_drawing(name)) continue;
      const bool has_colours = ending_of(file) != ".png" || is_colour_png(folder_ / file);
      (has_colours ? by_folder : grey)[file.parent_path().string()].push_back(name);
    }
    if (by_folder.empty()) by_folder = std::move(grey);
    if (by_folder.empty())
      throw UserError(fmt::format(
          "no picture lies in '{}' or below it: JPEG or PNG, whose name does not say mask or depth",
          folder_.string()));
    const auto most =
        std::max_element(by_folder.begin(), by_folder.end(), [](const auto& a, const auto& b) {
          return a.second.size() < b.second.size();
        });
    found_.pictures = most->second;
    std::sort(found_.pictures.begin(), found_.pictures.end());
    for (const auto& [name, pictures] : by_folder)
      if (name != most->first)
        found_.left_out.push_back(
            fmt::format("{} pictures of '{}': one folder's are listed", pictures.size(), name));
  }

  bool is_taken(const fs::path& file) const {
    return std::binary_search(found_.pictures.begin(), found_.pictures.end(), file.string());
  }

  /// The longest name of a picture that stands in this one, apart from letters and digits around it.
  std::optional<Beside> beside(const fs::path& file) const {
    const std::string name = file.stem().string();
    if (stems_.count(name) > 0) return Beside{file, name, "", ""};
    std::optional<Beside> best;
    for (const std::string& stem : stems_) {
      const size_t at = name.find(stem);
      if (at == std::string::npos || (best && best->stem.size() >= stem.size())) continue;
      const size_t end = at + stem.size();
      if ((at > 0 && !is_apart(name[at - 1])) || (end < name.size() && !is_apart(name[end])))
        continue;
      best = Beside{file, stem, name.substr(0, at), name.substr(end)};
    }
    return best;
  }

  void sort_in(const fs::path& file) {
    const std::string ending = ending_of(file), name = lower_case(file.filename().string());
    static const std::set<std::string> known = {
        ".png", ".npy", ".npz", ".exr", ".tif", ".tiff", ".txt", ".json", ".bin"};
    if (known.count(ending) == 0) return;
    if (name == "intrinsics.txt" || name == "k.txt") {
      if (found_.camera.empty()) found_.camera = file.string();
      return;
    }
    if (const auto one = beside(file)) {
      const std::string word = says_masks(one->prefix + one->suffix)   ? "masks"
                               : says_depth(one->prefix + one->suffix) ? "depth"
                                                                       : "";
      groups_[{file.parent_path().string(), file.extension().string(), one->prefix, word}]
          .push_back(*one);
    } else if (ending == ".json") {
      judge_coco(file);
    }
  }

  void judge_coco(const fs::path& file) {
    const std::string path = (folder_ / file).string();
    if (read_file(path).find("\"segmentation\"") == std::string::npos) return;
    try {
      const CocoMasks masks(path);
      const auto has = std::count_if(
          stems_.begin(), stems_.end(), [&](const std::string& stem) { return masks.has(stem); });
      if (has > 0)
        found_.companions.push_back({Companion::masks, file.string(), path, size_t(has)});
      else
        found_.left_out.push_back(fmt::format("'{}' lists none of the pictures", file.string()));
    } catch (const UserError& error) {
      found_.left_out.push_back(error.what());
    }
  }

  // All files of one folder, ending, beginning and word.
  void judge(const std::vector<Beside>& files, const std::string& ending) {
    std::set<std::string> stems;
    std::string shared = files[0].suffix;
    for (const Beside& file : files) {
      stems.insert(file.stem);
      const auto apart =
          std::mismatch(shared.begin(), shared.end(), file.suffix.begin(), file.suffix.end());
      shared.erase(apart.first, shared.end());
    }
    const bool is_one = std::all_of(
        files.begin(), files.end(), [&](const Beside& file) { return file.suffix == shared; });
    const std::string name = files[0].prefix + "{name}" + shared + (is_one ? "" : "*") + ending;
    const std::string pattern = (files[0].path.parent_path() / name).string();
    // An empty file says that there is nothing, not what of.
    const auto full = std::find_if(files.begin(), files.end(), [&](const Beside& file) {
      std::error_code none;
      return fs::file_size(folder_ / file.path, none) > 0;
    });
    const std::string first = (folder_ / (full == files.end() ? files[0] : *full).path).string();
    try {
      if (const auto kind = kind_of(first, files[0], ending))
        found_.companions.push_back({*kind, pattern, first, stems.size()});
      else
        found_.left_out.push_back(
            fmt::format("'{}': neither masks nor depth by its name", pattern));
    } catch (const UserError& error) {
      found_.left_out.push_back(error.what());
    }
  }

  std::optional<Companion> kind_of(const std::string& path,
                                   const Beside& file,
                                   const std::string& ending) const {
    const std::string low = lower_case(ending);
    const std::string words = file.path.parent_path().string() + " " + file.prefix + file.suffix;
    if (low == ".json")
      return read_file(path).find("\"segmentation\"") != std::string::npos
                 ? std::optional(Companion::masks)
                 : std::nullopt;
    if (low == ".txt") return kind_of_lines(path);
    if (low == ".bin") return Companion::lidar;
    if (says_drawing(words)) return std::nullopt;
    if (low != ".png") return says_masks(words) ? std::nullopt : std::optional(Companion::depth);
    if (is_colour_png(path)) return std::nullopt;
    if (says_masks(words)) return Companion::masks;
    if (says_depth(words)) return Companion::depth;
    constexpr size_t kMostMasks = 256;
    const Plane<std::uint16_t> plane = load_plane16(path);
    const std::set<std::uint16_t> values(plane.values.begin(), plane.values.end());
    return values.size() > kMostMasks ? Companion::depth : Companion::masks;
  }

  /// By the columns of the first line.
  static std::optional<Companion> kind_of_lines(const std::string& path) {
    constexpr size_t kLabel = 15, kResult = 16;
    const std::string content = read_file(path);
    const auto lines = numbered_lines(content, path);
    const size_t columns = lines.empty() ? 0 : split_fields(lines[0].text).size();
    if (columns == kLabel) return Companion::labels;
    if (columns == kResult) return Companion::boxes;
    return std::nullopt;
  }

  fs::path folder_;
  std::vector<fs::path> files_;  ///< relative, sorted
  std::set<std::string> stems_;
  /// By folder, ending, prefix, word.
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::vector<Beside>>
      groups_;
  FolderPictures found_;
};

}  // namespace

FolderPictures find_pictures(const std::string& folder) {
  return PictureSearch(folder).run();
}

}  // namespace monodr
