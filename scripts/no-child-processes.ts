/** In the place of node:child_process for commander: `rb` has no commands that are programs of their own. */
const none = {};
export default none;
