#include "simulators/camera/personalities/absurd_options.hpp"

#include <string>

#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::camera {

namespace {

using protocols::child;

constexpr int sizes_too_many = 1000;

void turn_round(pugi::xml_node range) {
  const std::string min = child(range, "Min").text().get(), max = child(range, "Max").text().get();
  child(range, "Min").text().set(max.c_str());
  child(range, "Max").text().set(min.c_str());
}

void set_size(pugi::xml_node size, int width, int height) {
  child(size, "Width").text().set(width);
  child(size, "Height").text().set(height);
}

void add_sizes(pugi::xml_node first) {
  auto parent = first.parent();
  set_size(parent.insert_copy_before(first, first), 0, 0);
  for (int i = 0; i < sizes_too_many; ++i)
    set_size(parent.insert_copy_after(first, first), 4096 + 8 * i, 2160 + 8 * i);
}

void change_attributes(pugi::xml_node node) {
  if (auto gop = node.attribute("GovLengthRange")) gop = "400 -1";
  if (auto rates = node.attribute("FrameRatesSupported"))
    rates = ("full 0 -5 " + std::string(rates.value())).c_str();
}

}  // namespace

void make_absurd(pugi::xml_node options) {
  change_attributes(options);
  if (child(options, "Min") && child(options, "Max")) return turn_round(options);
  const auto first = child(options, "ResolutionsAvailable");
  for (auto node = options.first_child(); node; node = node.next_sibling()) make_absurd(node);
  if (first) add_sizes(first);
}

}  // namespace watchrig::camera
