from codelength.cli import main

main()
