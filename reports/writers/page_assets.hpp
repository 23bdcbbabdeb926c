#pragma once

#include <string_view>

/// Style and scripts of the page, from the files in page/.
namespace watchrig::embedded {

extern const std::string_view page_report_css;
extern const std::string_view page_report_basics_js;
extern const std::string_view page_report_plots_js;
extern const std::string_view page_report_timeline_js;
extern const std::string_view page_report_scenario_js;
extern const std::string_view page_report_page_js;

}  // namespace watchrig::embedded
