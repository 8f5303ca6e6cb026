// SPDX-License-Identifier: Apache-2.0
#include "base/json_tree.h"

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace monodr {
namespace {

using nlohmann::json;

/// Tells how much of the text the parser has read; nlohmann's own iterators keep that to themselves.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  size_t* count = nullptr;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    ++at;
    ++*count;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
  bool operator!=(const CountingIterator& other) const { return at != other.at; }
};

/// nlohmann's SAX events as a tree. An event comes when its token is read, so that the token starts at the
/// first character of weight behind the token before it.
class TreeBuilder : public nlohmann::json_sax<json> {
 public:
  TreeBuilder(const std::string& file, const std::string& text, const size_t& read)
      : file_(file), text_(text), read_(read) {}

  bool null() override {
    throw UserError(next_place(), "null has no meaning here; leave the key out");
  }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override {
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(value); }
  bool binary(json::binary_t&) override { return false; }  // JSON as text has none
  bool start_object(size_t) override { return open(TomlNode::Table{}); }
  bool start_array(size_t) override { return open(TomlNode::List{}); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    std::get<TomlNode::Table>(open_.back().value).push_back({name, next_place(), {}});
    return true;
  }
  bool parse_error(size_t, const std::string& token, const json::exception&) override {
    throw UserError(place(read_ - std::min(read_, std::max<size_t>(1, token.size()))),
                    "this is not JSON: a comma, a bracket or a quote is missing or one too many");
  }

  TomlNode take() { return std::move(root_); }

 private:
  SourceLocation place(size_t offset) {
    for (; counted_ < std::min(offset, text_.size()); ++counted_)
      if (text_[counted_] == '\n') {
        ++line_;
        line_start_ = counted_ + 1;
      }
    return {file_, line_, static_cast<int>(offset - line_start_) + 1};
  }

  SourceLocation next_place() {
    const size_t start = text_.find_first_not_of(" \t\r\n,:", before_);
    before_ = read_;
    return place(start);
  }

  template <typename Value>
  bool add(Value value) {
    put({std::move(value), next_place()});
    return true;
  }
  template <typename Container>
  bool open(Container container) {
    open_.push_back({std::move(container), next_place()});
    return true;
  }
  bool close() {
    TomlNode node = std::move(open_.back());
    open_.pop_back();
    before_ = read_;
    put(std::move(node));
    return true;
  }
  void put(TomlNode node) {
    if (open_.empty())
      root_ = std::move(node);
    else if (open_.back().is_list())
      std::get<TomlNode::List>(open_.back().value).push_back(std::move(node));
    else
      std::get<TomlNode::Table>(open_.back().value).back().node = std::move(node);
  }

  const std::string& file_;
  const std::string& text_;
  const size_t& read_;  ///< characters that the parser has seen
  size_t before_ = 0;   ///< the same after the token before
  size_t counted_ = 0, line_start_ = 0;
  int line_ = 1;
  std::vector<TomlNode> open_;
  TomlNode root_;
};

}  // namespace

TomlNode read_json_tree(const std::string& file) {
  const std::string text = read_file(file);
  size_t read = 0;
  TreeBuilder builder(file, text, read);
  json::sax_parse(CountingIterator{text.data(), &read},
                  CountingIterator{text.data() + text.size(), &read},
                  &builder);
  return builder.take();
}

}  // namespace monodr
