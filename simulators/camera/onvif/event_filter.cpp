#include "simulators/camera/onvif/event_filter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/item_filter.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

/// Namespace of a prefix by the declarations around a node.
std::string_view namespace_of_prefix(pugi::xml_node node, std::string_view prefix) {
  const std::string declaration = prefix.empty() ? "xmlns" : fmt::format("xmlns:{}", prefix);
  for (; node; node = node.parent()) {
    if (const auto attribute = node.attribute(declaration.c_str())) return attribute.value();
  }
  return {};
}

/// Expressions are matched by name, so the prefix of the schema has to be the one that our messages use.
std::string with_own_prefix(pugi::xml_node node, std::string text) {
  for (auto around = node; around; around = around.parent()) {
    for (const auto& attribute : around.attributes()) {
      const std::string_view name = attribute.name();
      if (!name.starts_with("xmlns:") || attribute.value() != protocols::uri_of_prefix("tt")) continue;
      const std::string theirs = fmt::format("{}:", name.substr(6));
      if (theirs == "tt:") return text;
      for (auto at = text.find(theirs); at != std::string::npos; at = text.find(theirs, at + 3))
        text.replace(at, theirs.size(), "tt:");
      return text;
    }
  }
  return text;
}

OnvifOutcome too_long() {
  return refuse({"wsnt:InvalidFilterFault"},
                fmt::format("an expression has at most {} bytes", EventFilter::longest));
}

}  // namespace

OnvifOutcome EventFilter::read(pugi::xml_node filter, Topics offered, EventFilter& found) {
  std::size_t expressions = 0;
  for (const auto& node : filter.children()) {
    if (node.type() != pugi::node_element) continue;
    const auto name = protocols::local_name(node);
    if (name != "TopicExpression" && name != "MessageContent")
      return refuse({"wsnt:InvalidFilterFault"}, fmt::format("there is no filter \"{}\"", name));
    if (++expressions > most)
      return refuse({"wsnt:InvalidFilterFault"}, fmt::format("a filter has at most {} expressions", most));
    auto refused = name == "TopicExpression" ? read_topics(node, offered, found) : read_content(node, found);
    if (refused) return refused;
  }
  return {};
}

OnvifOutcome EventFilter::read_topics(pugi::xml_node node, Topics offered, EventFilter& found) {
  const std::string_view dialect = node.attribute("Dialect").value();
  if (dialect != concrete_dialect && dialect != concrete_set_dialect)
    return refuse({"wsnt:TopicExpressionDialectUnknownFault"}, "topics are told as Concrete or ConcreteSet");
  const std::string text = node.text().get();
  if (text.size() > longest) return too_long();
  for (auto term : base::split(text, '|')) {
    term = base::trim(term);
    Topic topic;
    topic.below = term.ends_with("//.");
    if (topic.below) term.remove_suffix(3);
    topic.path = without_prefix(term);
    const auto prefix = term.size() > topic.path.size() ? term.substr(0, term.find(':')) : std::string_view();
    if (topic.path.empty() || namespace_of_prefix(node, prefix).empty())
      return refuse({"wsnt:InvalidTopicExpressionFault"}, fmt::format("\"{}\" is no topic", term));
    const bool known = namespace_of_prefix(node, prefix) == protocols::uri_of_prefix("tns1") &&
                       std::ranges::any_of(offered, [&](const EventTopic* one) {
                         const auto path = without_prefix(one->path);
                         return path == topic.path || (topic.below && path.starts_with(topic.path + "/"));
                       });
    if (!known) return refuse({"wsnt:TopicNotSupportedFault"}, fmt::format("there is no topic \"{}\"", term));
    found.topics_.push_back(std::move(topic));
  }
  return {};
}

OnvifOutcome EventFilter::read_content(pugi::xml_node node, EventFilter& found) {
  if (node.attribute("Dialect").value() != item_filter_dialect)
    return refuse({"wsnt:InvalidFilterFault"}, "contents are told by an ItemFilter");
  const std::string text = node.text().get();
  if (text.size() > longest) return too_long();
  if (!is_item_filter(text))
    return refuse({"wsnt:InvalidMessageContentExpressionFault"}, "this is no expression of an ItemFilter");
  try {
    found.contents_.push_back(std::make_shared<const pugi::xpath_query>(with_own_prefix(node, text).c_str()));
  } catch (const pugi::xpath_exception& wrong) {
    return refuse({"wsnt:InvalidMessageContentExpressionFault"}, wrong.what());
  }
  return {};
}

bool EventFilter::takes_topic(std::string_view path) const {
  return topics_.empty() || std::ranges::any_of(topics_, [&](const Topic& topic) {
           return path == topic.path || (topic.below && path.starts_with(topic.path + "/"));
         });
}

bool EventFilter::takes(const EventMessage& message) const {
  if (!takes_topic(without_prefix(message.property.topic->path))) return false;
  if (contents_.empty()) return true;
  pugi::xml_document document;
  add_message(document.root(), message);
  return std::ranges::all_of(contents_,
                             [&](const auto& content) { return content->evaluate_boolean(document); });
}

}  // namespace watchrig::camera
