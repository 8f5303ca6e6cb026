// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

#include "base/error.h"
#include "geometry/mesh_formats.h"

namespace monodr {
namespace {

enum class Encoding { text, little, big };

enum class Type { int8, uint8, int16, uint16, int32, uint32, float32, float64 };

const std::map<std::string_view, Type>& types() {
  static const std::map<std::string_view, Type> names = {{"char", Type::int8},
                                                         {"int8", Type::int8},
                                                         {"uchar", Type::uint8},
                                                         {"uint8", Type::uint8},
                                                         {"short", Type::int16},
                                                         {"int16", Type::int16},
                                                         {"ushort", Type::uint16},
                                                         {"uint16", Type::uint16},
                                                         {"int", Type::int32},
                                                         {"int32", Type::int32},
                                                         {"uint", Type::uint32},
                                                         {"uint32", Type::uint32},
                                                         {"float", Type::float32},
                                                         {"float32", Type::float32},
                                                         {"double", Type::float64},
                                                         {"float64", Type::float64}};
  return names;
}

size_t size_of(Type type) {
  constexpr size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 8};
  return sizes[static_cast<int>(type)];
}

struct Property {
  std::string name;
  bool is_list = false;
  Type count_type = Type::uint8, type = Type::float32;
};

struct Element {
  std::string name;
  int count = 0;
  std::vector<Property> properties;
};

template <typename T>
double as(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

/// The numbers of the body one after another, whatever they are written in.
class Numbers {
 public:
  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(fmt::format("'{}' is no sound PLY file: {}", path_, what));
  }

  /// What a list's length or an element's number may be at most: each value takes a byte or more.
  void check_count(double count, const std::string& what) const {
    const size_t left = encoding_ == Encoding::text ? text_.rest().size() + words_.size() - word_
                                                    : body_.size() - offset_;
    if (!(count >= 0) || count > static_cast<double>(left))
      fail(fmt::format("{} has {} values, but {} bytes are left", what, count, left));
  }

  Numbers(std::string_view body, Encoding encoding, std::string path)
      : body_(body),
        encoding_(encoding),
        path_(std::move(path)),
        text_(encoding == Encoding::text ? body : std::string_view(), path_) {}

  double next(Type type) {
    if (encoding_ == Encoding::text) return next_word();
    const size_t size = size_of(type);
    if (offset_ + size > body_.size()) fail("it ends too early");
    char bytes[8];
    std::memcpy(bytes, body_.data() + offset_, size);
    offset_ += size;
    if ((encoding_ == Encoding::little) != (std::endian::native == std::endian::little))
      std::reverse(bytes, bytes + size);
    switch (type) {
      case Type::int8:
        return as<std::int8_t>(bytes);
      case Type::uint8:
        return as<std::uint8_t>(bytes);
      case Type::int16:
        return as<std::int16_t>(bytes);
      case Type::uint16:
        return as<std::uint16_t>(bytes);
      case Type::int32:
        return as<std::int32_t>(bytes);
      case Type::uint32:
        return as<std::uint32_t>(bytes);
      case Type::float32:
        return as<float>(bytes);
      case Type::float64:
        return as<double>(bytes);
    }
    fail("it has a type that is not known");
  }

 private:
  double next_word() {
    if (word_ == words_.size()) {
      if (!text_.next(words_)) fail("it ends too early");
      word_ = 0;
    }
    return text_.number(words_[word_++]);
  }
  std::string_view body_;
  Encoding encoding_;
  std::string path_;
  LineReader text_;
  std::vector<std::string_view> words_;
  size_t word_ = 0, offset_ = 0;
};

struct Header {
  Encoding encoding = Encoding::text;
  std::vector<Element> elements;
};

Type type_named(const LineReader& reader, std::string_view name) {
  const auto found = types().find(name);
  if (found == types().end()) reader.fail(fmt::format("there is no type '{}'", name));
  return found->second;
}

void read_property(const LineReader& reader,
                   const std::vector<std::string_view>& words,
                   Header& header) {
  if (header.elements.empty()) reader.fail("a property stands before the first element");
  Property property;
  property.is_list = words.size() == 5 && words[1] == "list";
  if (!property.is_list && words.size() != 3) reader.fail("a property has a type and a name");
  property.name = words.back();
  property.type = type_named(reader, words[words.size() - 2]);
  if (property.is_list) property.count_type = type_named(reader, words[2]);
  header.elements.back().properties.push_back(property);
}

Header read_header(LineReader& reader) {
  Header header;
  std::vector<std::string_view> words;
  if (!reader.next(words) || words[0] != "ply") reader.fail("a PLY file begins with 'ply'");
  while (true) {
    if (!reader.next(words)) reader.fail("the header has no end");
    if (words[0] == "end_header") return header;
    if (words[0] == "format" && words.size() > 1) {
      if (words[1] == "binary_little_endian") header.encoding = Encoding::little;
      if (words[1] == "binary_big_endian") header.encoding = Encoding::big;
    } else if (words[0] == "element" && words.size() == 3) {
      header.elements.push_back({std::string(words[1]), reader.integer(words[2]), {}});
    } else if (words[0] == "property") {
      read_property(reader, words, header);
    }
  }
}

void set_vertex(const Property& property,
                double value,
                Eigen::Vector3d& position,
                Eigen::Vector3f& colour) {
  const std::string_view axes = "xyz";
  constexpr std::string_view channels[] = {"red", "green", "blue"};
  for (int k = 0; k < 3; ++k) {
    if (property.name.size() == 1 && property.name[0] == axes[k]) position[k] = value;
    if (property.name == channels[k])
      colour[k] = static_cast<float>(property.type == Type::uint8    ? value / 255
                                     : property.type == Type::uint16 ? value / 65535
                                                                     : value);
  }
}

/// Where the body begins: behind the line "end_header" with its LF, CRLF or, where the header has no LF,
/// CR. Only the header is sure to be text.
size_t end_of_header(std::string_view content) {
  constexpr std::string_view word = "end_header";
  size_t at = content.find(word);
  while (at != std::string_view::npos && at > 0 && content[at - 1] != '\n' &&
         content[at - 1] != '\r')
    at = content.find(word, at + 1);
  if (at == std::string_view::npos) return content.size();
  const bool has_line_feeds = content.substr(0, at).find('\n') != std::string_view::npos;
  const size_t line_end = content.find(has_line_feeds ? '\n' : '\r', at);
  return line_end == std::string_view::npos ? content.size() : line_end + 1;
}

// What no int can hold, and a list of texture coordinates, is an index out of range.
int index_of(double value) {
  return value >= 0 && value < 2147483647. ? static_cast<int>(value) : -1;
}

/// The list that holds a face's corners: MeshLab writes texture coordinates as a second one. By any
/// other name it is the first.
const Property* corner_list(const Element& element) {
  const Property* list = nullptr;
  for (const Property& property : element.properties) {
    if (!property.is_list) continue;
    if (property.name == "vertex_indices" || property.name == "vertex_index") return &property;
    if (list == nullptr) list = &property;
  }
  return list;
}

void read_element(const Element& element, Numbers& numbers, FileMesh& mesh) {
  const bool is_vertex = element.name == "vertex", is_face = element.name == "face";
  const auto& properties = element.properties;
  const bool has_colours =
      is_vertex && std::any_of(properties.begin(), properties.end(), [](const Property& p) {
        return p.name == "red";
      });
  const Property* corners_of_face = is_face ? corner_list(element) : nullptr;
  if (!properties.empty()) numbers.check_count(element.count, "element '" + element.name + "'");
  std::vector<int> corners;
  for (int i = 0; !properties.empty() && i < element.count; ++i) {
    Eigen::Vector3d position(0, 0, 0);
    Eigen::Vector3f colour(0, 0, 0);
    for (const Property& property : properties) {
      if (!property.is_list) {
        const double value = numbers.next(property.type);
        if (is_vertex) set_vertex(property, value, position, colour);
        continue;
      }
      const double count = numbers.next(property.count_type);
      numbers.check_count(count, "list '" + property.name + "'");
      corners.resize(static_cast<size_t>(count));
      for (int& corner : corners) corner = index_of(numbers.next(property.type));
      if (&property == corners_of_face) add_polygon(corners, mesh);
    }
    if (!is_vertex) continue;
    if (!position.allFinite()) numbers.fail(fmt::format("vertex {} is not finite", i + 1));
    mesh.vertices.push_back(position);
    if (has_colours) mesh.colours.push_back(colour);
  }
}

}  // namespace

FileMesh parse_ply(std::string_view content, const std::string& path) {
  const size_t end = end_of_header(content);
  LineReader reader(content.substr(0, end), path);
  const Header header = read_header(reader);
  Numbers numbers(content.substr(end), header.encoding, path);
  FileMesh mesh;
  for (const Element& element : header.elements) read_element(element, numbers, mesh);
  scale_colours(mesh.colours);
  return mesh;
}

}  // namespace monodr
