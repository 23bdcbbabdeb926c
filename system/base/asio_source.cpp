// The one translation unit that holds the compiled part of Boost.Asio and Boost.Beast (see options.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
