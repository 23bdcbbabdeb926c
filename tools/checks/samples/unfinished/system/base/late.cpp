// TODO: the other half
// rounding is not yet implemented
void wait() {
  std::this_thread::sleep_for(1s);
  co_spawn(executor, work(), asio::detached);
  auto now = std::chrono::system_clock::now();
}
TEST(Late, Passes) { SUCCEED(); }
