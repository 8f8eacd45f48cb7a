# midentity_test_tutorials(c or cpp): the example programs of a language, run against the emulator. The one program that
# does it is the same for both.
if(NOT TARGET midentity_tutorials)
  add_executable(midentity_tutorials ${CMAKE_CURRENT_LIST_DIR}/tutorials.cpp)
  target_link_libraries(midentity_tutorials PRIVATE midentity::midentity)
  target_compile_features(midentity_tutorials PRIVATE cxx_std_17)
  if(WIN32)
    target_link_libraries(midentity_tutorials PRIVATE ws2_32)
  endif()
endif()

function(midentity_test_tutorials language)
  foreach(name first_token tutorial_2 tutorial_3 tutorial_4 tutorial_5)
    if(MIDENTITY_SANITIZE)
      target_compile_options(${language}_${name} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all -g)
      target_link_options(${language}_${name} PRIVATE -fsanitize=address,undefined)
    endif()
    add_test(NAME examples.${language}.${name}
             COMMAND midentity_tutorials ${name} $<TARGET_FILE:${language}_${name}>)
    set_tests_properties(examples.${language}.${name} PROPERTIES TIMEOUT 120 RESOURCE_LOCK emulator)
  endforeach()
endfunction()
