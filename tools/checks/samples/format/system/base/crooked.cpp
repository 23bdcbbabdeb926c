namespace watchrig::base {

int  answer( ) { return 42 ; }

}  // namespace watchrig::base
