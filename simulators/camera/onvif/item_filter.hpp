#pragma once

#include <string_view>

namespace watchrig::camera {

/// Whether a text is an expression of the ItemFilter dialect (ONVIF Core, message content filter): boolean()
/// of paths `//SimpleItem[...]` or `//ElementItem[...]`, whose brackets compare @Name and @Value with
/// literals, joined by and, or, not(). As nothing in it nests but parentheses, what an expression costs grows
/// with its length only, which is not so of XPath.
bool is_item_filter(std::string_view text);

}  // namespace watchrig::camera
