#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::scenarios {

enum class AttributeKind {
  text,      ///< anything but nothing
  name,      ///< of a channel, device, mark, view or export: up to 64 printable characters
  duration,  ///< `250ms`, `5s`; zero to 30 d
  count,     ///< whole number, 0 to 1,000,000
  number,    ///< decimal number
  share,     ///< 0 to 1
  boolean,   ///< true or false
  choice,    ///< one word of a list
  moment,    ///< see moment.hpp
  limit,     ///< see reports::parse_limits
  fields,    ///< `name=value,name=value`
};

struct AttributeSyntax {
  std::string_view name;
  AttributeKind kind = AttributeKind::text;
  bool required = false;
  std::string_view choices = {};  ///< of a choice: words with `|` between them
};

/// How a step takes the steps within it.
enum class Block {
  none,      ///< it has none
  sequence,  ///< one after the other (group)
  parallel,  ///< all at once; ends when the last has ended
  repeat,    ///< in sequence, over and over for a time
};

struct StepSyntax {
  std::string_view verb;  ///< name of the element
  Block block = Block::none;
  /// It changes something, rather than looking or waiting: later expectations count their time from its end.
  bool action = false;
  std::vector<AttributeSyntax> attributes = {};

  const AttributeSyntax* find(std::string_view attribute) const;
};

/// The verbs that a scenario may use.
class StepTable {
 public:
  explicit StepTable(std::vector<StepSyntax> steps) : steps_(std::move(steps)) {}
  const StepSyntax* find(std::string_view verb) const;
  const std::vector<StepSyntax>& steps() const { return steps_; }

 private:
  std::vector<StepSyntax> steps_;
};

/// group, parallel and repeat, which every table contains.
std::vector<StepSyntax> block_steps();

/// Says what is wrong with a value, naming the attribute.
base::Result<> check_value(const AttributeSyntax& syntax, std::string_view value);

/// Parses `a=1,b=2`; spaces around the parts do not count.
base::Result<std::vector<std::pair<std::string, std::string>>> parse_fields(std::string_view text);

}  // namespace watchrig::scenarios
