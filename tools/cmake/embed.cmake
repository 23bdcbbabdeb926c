# watchrig_embed(<target> <files>...): puts text files of this folder into the target, each as
#   extern const std::string_view watchrig::embedded::<file name with _ for . and ->;
# which the target's own header declares. The files stay what they are (TSV, CSS, JavaScript) for editors and checks.
function(watchrig_embed target)
  foreach(file IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER ${file} name)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
    add_custom_command(
      OUTPUT ${source}
      COMMAND ${CMAKE_COMMAND} -DIN=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUT=${source} -DNAME=${name}
              -P ${CMAKE_SOURCE_DIR}/tools/cmake/embed.cmake
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${CMAKE_SOURCE_DIR}/tools/cmake/embed.cmake)
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ ${IN} text)
  file(WRITE ${OUT} "#include <string_view>\n\nnamespace watchrig::embedded {\n"
       "extern const std::string_view ${NAME};\n"
       "const std::string_view ${NAME} = R\"_text_(${text})_text_\";\n}\n")
endif()
