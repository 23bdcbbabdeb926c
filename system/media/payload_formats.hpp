#pragma once

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/rtp_train_writer.hpp"

namespace watchrig::media {

// One access unit, in the form of AccessUnit::payload, as packets of its RTP payload format. Error `invalid`
// when the payload has another form; the train is of no use then.

/// RFC 6184 packetization mode 1 (single NAL unit, FU-A) and RFC 7798 (single NAL unit, FU, no DON).
base::Result<> packetize_h26x(Codec codec, base::ByteView payload, RtpTrainWriter& writer);
/// RFC 2435 with the quantisation tables in each first packet (Q 255). Error `unsupported` for a JPEG that
/// the format cannot carry. Sides above 2040 pixels are written as 0: the receiver has them from the SDP
/// (`a=x-dimensions`).
base::Result<> packetize_jpeg(base::ByteView payload, RtpTrainWriter& writer);
/// RFC 3640, 3.3.6 (AAC-hbr): one frame, in fragments when it does not fit into a packet.
base::Result<> packetize_aac(base::ByteView payload, RtpTrainWriter& writer);
/// RFC 3551, 4.5.14: samples of one channel.
base::Result<> packetize_g711(base::ByteView payload, RtpTrainWriter& writer);

}  // namespace watchrig::media
