#pragma once

#include <boost/json/object.hpp>

#include "system/central/recording/record_desk.hpp"

namespace watchrig::api {

/// When and what is recorded of a channel, and why now: of its plan and by hand.
boost::json::object plan_json(const central::RecordDesk& desk, const central::RecordDesk::Moment& moment,
                              const central::Channel& channel);

}  // namespace watchrig::api
