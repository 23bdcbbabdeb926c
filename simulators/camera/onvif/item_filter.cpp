#include "simulators/camera/onvif/item_filter.hpp"

#include <cctype>

namespace watchrig::camera {

namespace {

/// Reads from the front; each function tells whether it found what it is named after.
class ItemFilterReader {
 public:
  explicit ItemFilterReader(std::string_view text) : rest_(text) {}

  bool expression() { return joined(&ItemFilterReader::term); }
  bool end() {
    skip_space();
    return rest_.empty();
  }

 private:
  using Part = bool (ItemFilterReader::*)();

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0)
      rest_.remove_prefix(1);
  }
  bool text(std::string_view expected) {
    skip_space();
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool joined(Part part) {
    do {
      if (!(this->*part)()) return false;
    } while (text("and") || text("or"));
    return true;
  }
  bool in_parentheses(Part part) { return text("(") && (this->*part)() && text(")"); }

  bool term() {
    if (text("boolean")) return in_parentheses(&ItemFilterReader::path);
    text("not");
    return in_parentheses(&ItemFilterReader::expression);
  }
  bool path() { return text("//") && item() && text("[") && comparisons() && text("]"); }
  bool item() {
    skip_space();
    const auto size = rest_.find_first_of("[ \t\r\n");
    if (size == std::string_view::npos) return false;
    auto name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
      for (const char c : name.substr(0, colon)) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
          return false;
      }
      name.remove_prefix(colon + 1);
    }
    return name == "SimpleItem" || name == "ElementItem";
  }
  bool comparisons() { return joined(&ItemFilterReader::comparison); }
  bool comparison() {
    if (text("@Name") || text("@Value")) return text("=") && literal();
    text("not");
    return in_parentheses(&ItemFilterReader::comparisons);
  }
  bool literal() {
    skip_space();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote != '"' && quote != '\'') return false;
    const auto closing = rest_.find(quote, 1);
    if (closing == std::string_view::npos) return false;
    rest_.remove_prefix(closing + 1);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool is_item_filter(std::string_view text) {
  ItemFilterReader reader(text);
  return reader.expression() && reader.end();
}

}  // namespace watchrig::camera
