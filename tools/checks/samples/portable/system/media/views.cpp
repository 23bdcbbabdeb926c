#include <ranges>

auto names(const Map& map) { return join(std::views::keys(map)); }
auto found = std::ranges::search(bytes, mark).begin();
auto fine = std::ranges::find(bytes, 1);
